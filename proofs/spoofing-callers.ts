import { randomBytes, randomUUID } from 'node:crypto'
import { createToolClient, type ToolAnswer, type ToolCall, type ToolClient } from './tool-calls.js'

/** A caller as the server ought to see it. */
export interface Caller {
  readonly id: string
  readonly role: 'admin' | 'writer' | 'scanner' | 'reader'
  /** Where it calls from, as far as the server can know. */
  readonly seenAs: string
  /** Its session, if it is a 2025-era client. */
  readonly session: string | null
  /** One that makes more changes than it may. */
  readonly limited: boolean
  /** Calls in this caller's name, with headers that say it were another's, from somewhere else. */
  call(call: Omit<ToolCall, 'token'>): Promise<ToolAnswer>
}

export interface Callers {
  /** Their tokens, for the server's environment. */
  readonly env: Readonly<Record<string, string>>
  readonly all: Caller[]
  /** Fills `all`, and opens the sessions of those who have one. */
  connect(mcpUrl: string): Promise<void>
  close(): void
}

/** The only address whose `X-Forwarded-For` the server is to believe. */
export const proxyAddress = '127.0.0.9'
const behindProxy = '203.0.113.7'

const table = [
  { name: 'READER', role: 'reader', from: '127.0.0.2' },
  { name: 'SCANNER', role: 'scanner', from: '127.0.0.3' },
  { name: 'WRITER', role: 'writer', from: '127.0.0.4' },
  { name: 'ADMIN', role: 'admin', from: '127.0.0.5' },
  { name: 'SESSION', role: 'writer', from: '127.0.0.6', session: true },
  { name: 'LIMITED', role: 'writer', from: '127.0.0.7', limited: true },
  { name: 'PROXIED', role: 'admin', from: proxyAddress, seenAs: behindProxy },
] as const

/** Callers of every role, each from an address of its own, one in a session, one behind a proxy. */
export function createCallers(): Callers {
  const tokens = new Map(table.map(({ name }) => [name, randomBytes(20).toString('hex')]))
  const clients: ToolClient[] = []
  const all: Caller[] = []
  return {
    env: Object.fromEntries(
      table.map(({ name, role }) => [`MCP_ROLE_${name}`, `${tokens.get(name)}:${role}`]),
    ),
    all,
    async connect(mcpUrl) {
      for (const each of table) {
        const token = tokens.get(each.name) ?? ''
        const client = createToolClient(mcpUrl, each.from)
        clients.push(client)
        const session = 'session' in each ? await client.openSession(token) : null
        all.push({
          id: each.name.toLowerCase(),
          role: each.role,
          seenAs: 'seenAs' in each ? each.seenAs : each.from,
          session,
          limited: 'limited' in each,
          call: (call) =>
            client.call({
              ...call,
              token,
              headers: lies(each.from === proxyAddress),
              ...(session !== null && { session }),
            }),
        })
      }
    },
    close() {
      for (const client of clients) client.close()
    },
  }
}

/** Headers that some server somewhere believes. */
function lies(throughProxy: boolean): Record<string, string> {
  const address = `6.6.6.${Math.floor(Math.random() * 256)}`
  return {
    'x-forwarded-for': throughProxy ? `${address}, ${behindProxy}` : address,
    'x-real-ip': address,
    forwarded: `for=${address}`,
    'x-client-ip': address,
    'x-request-id': `canary-${randomUUID()}`,
    'x-caller-id': 'canary-admin',
    'x-authenticated-caller-id': 'canary-admin',
    'x-caller-role': 'canary-admin',
    'x-session-id': `canary-${randomUUID()}`,
    traceparent: '00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01',
  }
}

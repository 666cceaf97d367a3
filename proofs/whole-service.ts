import { randomBytes } from 'node:crypto'
import type { AddressInfo } from 'node:net'
import { buildApp } from '../app.js'
import { type RecordedRequest, type Sandbox, startSandbox } from '../sandbox/server.js'
import { type Role, roles } from '../src/access/permissions.js'
import { loadConfig } from '../src/config/load.js'
import { type AuditRecord, isTerminal } from './audited-server.js'

/** What happened since one last looked. */
export interface Seen {
  /** What DefectDojo was asked. */
  readonly asked: readonly RecordedRequest[]
  /** How calls ended, as the trail tells it. */
  readonly ends: readonly AuditRecord[]
}

/** The service in this process, on a socket of its own, in front of a sandbox. */
export interface WholeService {
  /** `http://127.0.0.1:<port>` */
  readonly base: string
  readonly tokens: Readonly<Record<Role, string>>
  readonly sandbox: Sandbox
  /** Everything the trail holds so far. */
  readonly records: readonly AuditRecord[]
  /** Diagnostics of level `error` and above: what the service itself takes for a fault. */
  readonly faults: readonly string[]
  look(): Seen
  /** Resolves when no call is under way. */
  settled(): Promise<void>
  /** Ends it in order; resolves to the whole trail. */
  close(): Promise<readonly AuditRecord[]>
}

/** @param env on top of what a service with a token per role needs; undefined removes a variable */
export async function startWholeService(
  env: Readonly<Record<string, string | undefined>> = {},
): Promise<WholeService> {
  const sandbox = await startSandbox({ seed: 'recorded' })
  const tokens = Object.fromEntries(
    roles.map((role) => [role, `proof-${role}-${randomBytes(16).toString('hex')}`]),
  ) as Record<Role, string>
  const { config, notices } = loadConfig({
    DEFECTDOJO_URL: sandbox.url,
    DEFECTDOJO_API_KEY: sandbox.apiKey,
    ALLOW_INSECURE_HTTP: 'true',
    MCP_TRANSPORT: 'streamable-http',
    MCP_HOST: '127.0.0.1',
    MUTATION_RATE_LIMIT: '1000000',
    AUDIT_HMAC_KEY: randomBytes(32).toString('hex'),
    ...Object.fromEntries(
      roles.map((role) => [`MCP_ROLE_${role.toUpperCase()}`, `${tokens[role]}:${role}`]),
    ),
    ...env,
  })
  const records: AuditRecord[] = []
  const faults: string[] = []
  let looked = 0
  const app = await buildApp({
    config,
    notices,
    auditLine: (line) => void records.push(JSON.parse(line) as AuditRecord),
    diagnostics: {
      write(line) {
        if ((JSON.parse(line) as { level: number }).level >= 50) faults.push(line)
      },
    },
  })
  // Not every machine has IPv6; what the service was told is what it goes by.
  await app.listen({ host: config.host.includes(':') ? '127.0.0.1' : config.host, port: 0 })

  return {
    base: `http://127.0.0.1:${(app.server.address() as AddressInfo).port}`,
    tokens,
    sandbox,
    records,
    faults,
    look() {
      const ends = records.slice(looked).filter(isTerminal)
      looked = records.length
      return { asked: sandbox.requests.splice(0), ends }
    },
    settled: () => app.mcp.pipeline.inFlight.idle(),
    async close() {
      await app.close()
      await sandbox.close()
      return records
    },
  }
}

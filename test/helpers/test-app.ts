import { randomBytes } from 'node:crypto'
import type { AddressInfo } from 'node:net'
import type { FastifyInstance } from 'fastify'
import type { Test } from 'tap'
import { type AppOptions, buildApp } from '../../app.js'
import { type Sandbox, type SandboxOptions, startSandbox } from '../../sandbox/server.js'
import { type Role, roles } from '../../src/access/permissions.js'
import { loadConfig } from '../../src/config/load.js'

export interface TestApp {
  readonly app: FastifyInstance
  readonly sandbox: Sandbox
  readonly tokens: Readonly<Record<Role, string>>
  /** Every audit line so far, parsed. */
  readonly audit: Record<string, unknown>[]
  /** The same lines as they were written. */
  readonly auditLines: string[]
  /** Every diagnostic line so far, as text. */
  readonly diagnostics: string[]
  /** Terminal records of tool calls, oldest first. */
  calls(): Record<string, unknown>[]
  /** Starts listening on a free port of 127.0.0.1 and returns the base address. */
  listen(): Promise<string>
}

export interface TestAppOptions {
  /** Environment variables on top of the usual ones; undefined removes one. */
  readonly env?: Readonly<Record<string, string | undefined>>
  readonly sandbox?: Partial<SandboxOptions>
  /** The time that calls go by. */
  readonly clock?: NonNullable<AppOptions['clock']>
}

/** The whole service in front of a sandbox on a real socket, with a token per role. Both end with the test. */
export async function buildTestApp(t: Test, options: TestAppOptions = {}): Promise<TestApp> {
  const sandbox = await startSandbox({ seed: 'recorded', ...options.sandbox })
  t.teardown(() => sandbox.close())
  const tokens = Object.fromEntries(
    roles.map((role) => [role, `test-${role}-${randomBytes(12).toString('hex')}`]),
  ) as Record<Role, string>
  const environment = {
    DEFECTDOJO_URL: sandbox.url,
    DEFECTDOJO_API_KEY: sandbox.apiKey,
    ALLOW_INSECURE_HTTP: 'true',
    MCP_TRANSPORT: 'streamable-http',
    MCP_HOST: '127.0.0.1',
    AUDIT_HMAC_KEY: randomBytes(32).toString('hex'),
    ...Object.fromEntries(
      roles.map((role) => [`MCP_ROLE_${role.toUpperCase()}`, `${tokens[role]}:${role}`]),
    ),
    ...options.env,
  }
  const audit: Record<string, unknown>[] = []
  const auditLines: string[] = []
  const diagnostics: string[] = []
  const { config, notices } = loadConfig(environment)
  const app = await buildApp({
    config,
    notices,
    auditLine(line) {
      auditLines.push(line)
      audit.push(JSON.parse(line))
    },
    diagnostics: { write: (line) => void diagnostics.push(line) },
    ...(options.clock && { clock: options.clock }),
  })
  t.teardown(() => app.close())

  return {
    app,
    sandbox,
    tokens,
    audit,
    auditLines,
    diagnostics,
    calls: () =>
      audit.filter((record) => record.event_type === 'audit' && record.terminal !== false),
    async listen() {
      await app.listen({ host: '127.0.0.1', port: 0 })
      return `http://127.0.0.1:${(app.server.address() as AddressInfo).port}`
    },
  }
}

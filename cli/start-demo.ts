import { randomBytes } from 'node:crypto'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { buildApp } from '../app.js'
import { startSandbox } from '../sandbox/server.js'
import { type Role, roles } from '../src/access/permissions.js'
import { loadConfig } from '../src/config/load.js'

/** The service and an embedded DefectDojo, on loopback, with a token for each role. */
export interface Demo {
  /** Address of the MCP endpoint. */
  readonly mcp: string
  readonly defectdojo: string
  readonly tokens: Readonly<Record<Role, string>>
  readonly auditFile: string
  readonly auditKeyFile: string
  /** Stops the service in order; what it wrote stays until `close`. */
  stopService(): Promise<void>
  close(): Promise<void>
}

export interface DemoOptions {
  /** TCP port of the MCP endpoint; 0 takes a free one. */
  readonly port: number
  /** Where audit lines go besides the file. */
  readonly auditLine?: (line: string) => void
}

const secret = (): string => randomBytes(24).toString('base64url')

/** Starts both on 127.0.0.1 with fresh secrets; the audit file lives in a temporary folder that `close` removes. */
export async function startDemo({ port, auditLine }: DemoOptions): Promise<Demo> {
  const folder = mkdtempSync(join(tmpdir(), 'mcp-defectdojo-demo-'))
  const auditFile = join(folder, 'audit.jsonl')
  const auditKeyFile = join(folder, 'audit.key')
  const auditKey = randomBytes(32).toString('hex')
  writeFileSync(auditKeyFile, auditKey, { mode: 0o600 })
  const tokens = Object.fromEntries(roles.map((role) => [role, secret()])) as Record<Role, string>

  const sandbox = await startSandbox({ seed: 'demo' })
  const { config, notices } = loadConfig({
    DEFECTDOJO_URL: sandbox.url,
    DEFECTDOJO_API_KEY: sandbox.apiKey,
    ALLOW_INSECURE_HTTP: 'true',
    MCP_TRANSPORT: 'streamable-http',
    MCP_HOST: '127.0.0.1',
    AUDIT_HMAC_KEY: auditKey,
    AUDIT_LOG_FILE: auditFile,
    LOG_LEVEL: 'WARNING',
    ...Object.fromEntries(
      roles.map((role) => [`MCP_ROLE_${role.toUpperCase()}`, `${tokens[role]}:${role}`]),
    ),
  })
  const app = await buildApp({ config, notices, ...(auditLine && { auditLine }) })
  const close = async (): Promise<void> => {
    await app.close()
    await sandbox.close()
    rmSync(folder, { recursive: true, force: true })
  }
  try {
    await app.listen({ host: '127.0.0.1', port })
  } catch (error) {
    // What is left open would keep the process from ending, and the key on the disk.
    await close()
    throw error
  }
  const { port: bound } = app.server.address() as AddressInfo

  return {
    mcp: `http://127.0.0.1:${bound}/mcp`,
    defectdojo: sandbox.url,
    tokens,
    auditFile,
    auditKeyFile,
    async stopService() {
      await app.close()
    },
    close,
  }
}

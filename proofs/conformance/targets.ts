import { randomBytes } from 'node:crypto'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { buildApp } from '../../app.js'
import { startSandbox } from '../../sandbox/server.js'
import { loadConfig } from '../../src/config/load.js'
import { prepareServer, startServer } from '../audited-server.js'
import { freePort } from '../run-command.js'
import { createFixtureServer } from './fixture-server.js'
import { startTokenGateway } from './token-gateway.js'

/** A server the runner is sent to. */
export interface Target {
  /** Address of its MCP endpoint. */
  readonly mcp: string
  close(): Promise<void>
}

const secret = (): string => randomBytes(24).toString('hex')

/** What every server here is told besides its secrets. A page of its own is one of those the runner calls as. */
const onLoopback = (ownOrigin: string) => ({
  MCP_TRANSPORT: 'streamable-http',
  MCP_HOST: '127.0.0.1',
  MCP_ALLOWED_ORIGINS: ownOrigin,
})

/** The service with the runner's catalogue in place of ours, open to everyone on loopback. */
export async function startOpenFixtures(): Promise<Target> {
  const port = await freePort()
  const origin = `http://127.0.0.1:${port}`
  const app = await startFixtures(port, { ...onLoopback(origin), REQUIRE_AUTH: 'false' })
  return { mcp: `${origin}/mcp`, close: () => app.close() }
}

/** The same behind a token. */
export async function startGuardedFixtures(): Promise<Target> {
  const [port, token] = [await freePort(), secret()]
  const gateway = await startTokenGateway(port, token)
  const app = await startFixtures(port, {
    ...onLoopback(gateway.origin),
    MCP_ROLE_REFEREE: `${token}:reader`,
  })
  return {
    mcp: `${gateway.origin}/mcp`,
    async close() {
      await app.close()
      await gateway.close()
    },
  }
}

async function startFixtures(port: number, env: Readonly<Record<string, string>>) {
  const { config, notices } = loadConfig({
    // No fixture asks DefectDojo anything.
    DEFECTDOJO_URL: 'https://127.0.0.1',
    DEFECTDOJO_API_KEY: secret(),
    AUDIT_HMAC_KEY: secret(),
    ...env,
  })
  const app = await buildApp({
    config,
    notices,
    createServer: createFixtureServer,
    auditLine: () => {},
    diagnostics: { write: () => {} },
  })
  await app.listen({ host: config.host, port })
  return app
}

/** The product as it is built and started, in front of the sandbox, behind the token of an admin. */
export async function startProduct(): Promise<Target> {
  const folder = mkdtempSync(join(tmpdir(), 'mcp-defectdojo-product-'))
  const sandbox = await startSandbox({ seed: 'demo' })
  const prepared = await prepareServer(folder, sandbox.url, { DEFECTDOJO_API_KEY: sandbox.apiKey })
  const gateway = await startTokenGateway(prepared.port, prepared.tokens.admin)
  const server = await startServer({
    ...prepared,
    env: { ...prepared.env, ...onLoopback(gateway.origin) },
  })
  return {
    mcp: `${gateway.origin}/mcp`,
    async close() {
      await server.stop()
      await gateway.close()
      await sandbox.close()
      rmSync(folder, { recursive: true, force: true })
    },
  }
}

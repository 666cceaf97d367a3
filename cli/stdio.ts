import { randomUUID } from 'node:crypto'
import { StdioServerTransport, serveStdio as serve } from '@modelcontextprotocol/server/stdio'
import type { FastifyInstance } from 'fastify'
import { openAccessCaller } from '../src/access/caller.js'
import { stop } from './serve.js'
import { untilStopped } from './until-stopped.js'

/** Serves the same app over stdin and stdout without listening; stdout carries the protocol and nothing else. */
export async function serveStdio(app: FastifyInstance): Promise<number> {
  await app.ready()
  const exchange = {
    caller: openAccessCaller(app.config.MCP_STDIO_ROLE ?? null),
    transport: 'stdio' as const,
    clientAddress: null,
    // One process is one session: what it read counts for what it changes.
    sessionId: randomUUID(),
  }
  const ended = new Promise<void>((resolve) => process.stdin.once('close', resolve))
  const handle = serve(() => app.mcp.createServer(exchange), {
    transport: new StdioServerTransport(process.stdin, process.stdout, {
      maxBufferSize: app.config.MCP_MAX_IMPORT_BODY_BYTES,
    }),
    onerror: (error) => app.log.debug({ err: error }, 'MCP exchange refused'),
  })
  await Promise.race([ended, untilStopped()])
  await handle.close()
  return stop(app)
}

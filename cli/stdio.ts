import { randomUUID } from 'node:crypto'
import { setTimeout as wait } from 'node:timers/promises'
import { StdioServerTransport, serveStdio as serve } from '@modelcontextprotocol/server/stdio'
import type { FastifyInstance } from 'fastify'
import { openAccessCaller } from '../src/access/caller.js'
import { stop } from './serve.js'
import { untilStopped } from './until-stopped.js'
import { wholeLines } from './whole-lines.js'

/** How long a client may take to read that its subscriptions end. */
const farewellMs = 500
/** How long it may take, after everything else has ended, to read the last answers. */
const unreadMs = 2_000

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
  const maxLineBytes = app.config.MCP_MAX_IMPORT_BODY_BYTES
  const lines = wholeLines(maxLineBytes)
  const ended = new Promise<void>((resolve) => {
    lines.once('close', resolve)
    // Without a reader there is nobody to serve; the SDK stops listening and would leave nothing to wait for.
    process.stdout.once('error', resolve)
  })
  // Every answer that waits for the reader listens for errors; more than ten are no leak.
  process.stdout.setMaxListeners(0)
  lines.once('error', (error) => app.log.error({ err: error }, 'stdin cannot be read on'))
  process.stdin.pipe(lines)
  const handle = serve(() => app.mcp.createServer(exchange), {
    transport: new StdioServerTransport(lines, process.stdout, {
      // A piece may hold the end of one line and the beginning of others.
      maxBufferSize: maxLineBytes + 1_048_576,
    }),
    onerror: (error) => app.log.debug({ err: error }, 'MCP exchange refused'),
  })
  await Promise.race([ended, untilStopped()])
  // The SDK tells whoever listens that it ends, and waits until that is read; a client that does not read would be waited for for ever.
  await Promise.race([handle.close(), wait(farewellMs, undefined, { ref: false })])
  // A stdin that is still open would keep the process alive after its work is done.
  process.stdin.destroy()
  const status = await stop(app)
  // What is not read of stdout would keep the process alive, too; the timer does not.
  setTimeout(() => {
    if (process.stdout.writableLength > 0) process.exit()
  }, unreadMs).unref()
  return status
}

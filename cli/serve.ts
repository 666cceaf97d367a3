import { once } from 'node:events'
import { createServer } from 'node:net'
import type { FastifyInstance } from 'fastify'
import { jsonText } from '../src/audit/json-text.js'
import { eventRecord, eventTypes, retentionClass } from '../src/audit/records.js'
import { expectUnlocked } from '../src/audit/writer-lock.js'
import { ConfigError } from '../src/config/config-error.js'
import { loadDotEnv } from '../src/config/dot-env.js'
import { loadConfig } from '../src/config/load.js'
import { readOptions, withUsage } from './options.js'
import { untilStopped } from './until-stopped.js'

/** A service that cannot be stopped in order within this time is stopped without. */
const stopMs = 10_000

/** `mcp-defectdojo serve`: runs until SIGTERM or SIGINT, or until stdin ends on stdio. */
export function runServe(argv: string[]): Promise<number> {
  return withUsage('serve', async () => {
    readOptions(argv, {})
    // From here on, so that the trail of a service that is stopped while it starts ends with a summary too.
    const stopped = untilStopped()
    let app: FastifyInstance
    try {
      const { config, notices } = loadConfig(loadDotEnv(process.cwd(), process.env))
      if (config.transport !== 'stdio') await expectFreePort(config)
      if (config.AUDIT_LOG_FILE !== undefined) await expectUnlocked(config.AUDIT_LOG_FILE)
      // A bad configuration is refused before the rest of the program is even loaded.
      const { buildApp } = await import('../app.js')
      app = await buildApp({ config, notices })
    } catch (error) {
      return refuseToStart(error)
    }
    if (app.config.transport === 'stdio') {
      return (await import('./stdio.js')).serveStdio(app)
    }
    try {
      const { host, port, transport } = app.config
      const path = transport === 'sse' ? '/sse' : '/mcp'
      await app.listen({ host, port, listenTextResolver: (at) => `MCP is served at ${at}${path}` })
    } catch (error) {
      await app.close()
      return refuseToStart(error)
    }
    // What rotates the audit file from outside says so with a SIGHUP (its default is to end the process).
    process.on('SIGHUP', () => app.audit.reopen())
    const signal = await stopped
    app.log.info({ signal }, 'stopping')
    return stop(app)
  })
}

/**
 * Fails while another process listens there: most often it is this service, started twice. That has to be known before the
 * audit file is opened, because a second writer breaks the chain of the first.
 */
async function expectFreePort({ host, port }: { host: string; port: number }): Promise<void> {
  const probe = createServer()
  try {
    await once(probe.listen({ host, port }), 'listening')
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EADDRINUSE') throw error
    throw new Error(
      `port ${port} of ${host} is taken. Does the service run already? MCP_PORT takes another one.`,
    )
  }
  probe.close()
  await once(probe, 'close')
}

/** Closes the service in order, or after ten seconds without. */
export async function stop(app: FastifyInstance): Promise<number> {
  const giveUp = setTimeout(() => process.exit(1), stopMs)
  await app.close()
  clearTimeout(giveUp)
  return 0
}

/** Every problem on a line of its own, without a stack: they are about the environment, not about the program. */
function refuseToStart(error: unknown): number {
  const { problems, notices } =
    error instanceof ConfigError ? error : { problems: [(error as Error).message], notices: [] }
  for (const problem of problems) process.stderr.write(`mcp-defectdojo: ${problem}\n`)
  // A variable under a wrong name explains the problem that the right one is missing.
  for (const { message } of notices) process.stderr.write(`mcp-defectdojo: note: ${message}\n`)
  process.stderr.write(
    "Refusing to start. 'mcp-defectdojo doctor' checks the whole installation.\n",
  )
  if (!process.stderr.isTTY) process.stderr.write(`${startFailure(problems)}\n`)
  return 1
}

/**
 * The record a SIEM knows a failed start by (behaviour spec §5.5). It stands outside every chain: without a valid configuration
 * there is neither a key nor a trail.
 */
const startFailure = (problems: readonly string[]): string =>
  jsonText({
    ...eventRecord(new Date(), 'ERROR', 'Failed to initialize DefectDojo client', {
      event_type: eventTypes.lifecycle,
      error: problems.join('; '),
    }),
    retention_class: retentionClass(eventTypes.lifecycle),
  })

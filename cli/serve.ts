import type { FastifyInstance } from 'fastify'
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
      await app.listen({ host: app.config.host, port: app.config.port })
    } catch (error) {
      await app.close()
      return refuseToStart(error)
    }
    await stopped
    return stop(app)
  })
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
  return 1
}

import { type SeedName, startSandbox } from '../sandbox/server.js'
import { readOptions, readPort, UsageError, withUsage } from './options.js'
import { untilStopped } from './until-stopped.js'

const seeds: readonly SeedName[] = ['demo', 'recorded', 'empty']

/** `mcp-defectdojo sandbox`: the embedded DefectDojo alone, until stopped. */
export function runSandbox(argv: string[]): Promise<number> {
  return withUsage('sandbox', async () => {
    const { port, seed, json } = readOptions(argv, {
      port: { type: 'string' },
      seed: { type: 'string' },
      json: { type: 'boolean' },
    })
    const chosen = seeds.find((known) => known === (seed ?? 'demo'))
    if (chosen === undefined) {
      throw new UsageError(`--seed must be one of ${seeds.join(', ')}, got '${seed}'`)
    }
    const sandbox = await startSandbox({ seed: chosen, port: readPort(port, 0) })
    process.stdout.write(
      json
        ? `${JSON.stringify({ defectdojo: sandbox.url, api_key: sandbox.apiKey })}\n`
        : `DefectDojo sandbox (seed ${chosen})\n  address  ${sandbox.url}\n  API key  ${sandbox.apiKey}\nStop it with Ctrl-C.\n`,
    )
    await untilStopped()
    await sandbox.close()
    return 0
  })
}

import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import {
  type Installation,
  prepareServer,
  type ServerProcess,
  startServer,
  until,
} from './audited-server.js'
import { root } from './run-command.js'

/** What a server says of its own process. */
export interface InsideView {
  /** In bytes; what is not needed any more has been given back if garbage was to be collected. */
  readonly heapUsed: number
  readonly rss: number
  /** The longest time that the server attended to nothing else, since it was last asked. */
  readonly longestStallMs: number
  /** What it has used of the processor since it was last asked. */
  readonly processorMs: number
  /** Connections that closed since it was last asked, and bytes that were read from them. */
  readonly connections: number
  readonly mostTaken: number
  readonly taken: number
}

/** A server that can be asked about its own process. */
export interface ProbedServer extends ServerProcess {
  readonly installation: Installation
  /** Tells, and collects garbage first unless it is `quick`; what is counted since the last time begins anew. */
  inside(quick?: 'quick'): Promise<InsideView>
  /** Lines of its stderr that tell of a bug: of level error or above, or not written by the log at all. */
  complaints(): string[]
}

const probe = pathToFileURL(join(root, 'dist/proofs/server-probe.js')).href

/** Starts a server in front of `upstream` with the probe inside; `nodeOptions` are for its Node. */
export async function startProbedServer(
  folder: string,
  upstream: string,
  env: Readonly<Record<string, string>> = {},
  nodeOptions = '',
): Promise<ProbedServer> {
  const file = join(folder, 'inside.json')
  const installation = await prepareServer(folder, upstream, {
    NODE_OPTIONS: `--import=${probe} ${nodeOptions}`.trim(),
    PROOF_PROBE_FILE: file,
    ...env,
  })
  const server = await startServer(installation)
  let asked = 0
  return {
    ...server,
    installation,
    async inside(quick) {
      asked += 1
      writeFileSync(`${file}.asked`, quick ?? 'everything')
      process.kill(server.pid, 'SIGUSR2')
      let seen: (InsideView & { answers: number }) | undefined
      await until('the probe answers', () => {
        if (existsSync(file)) seen = JSON.parse(readFileSync(file, 'utf8'))
        return seen?.answers === asked
      })
      return seen as InsideView
    },
    complaints: () =>
      readFileSync(installation.stderrFile, 'utf8')
        .split('\n')
        .filter((line) => line !== '' && !isHarmless(line)),
  }
}

/** An audit record, or a line of the log below error. */
function isHarmless(line: string): boolean {
  try {
    const { level, stream } = JSON.parse(line) as { level?: unknown; stream?: unknown }
    return stream !== 'diagnostic' || (typeof level === 'number' && level < 50)
  } catch {
    return false
  }
}

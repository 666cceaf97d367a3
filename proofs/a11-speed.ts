import { once } from 'node:events'
import { createWriteStream, mkdtempSync, rmSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pipeline } from 'node:stream/promises'
import { startProof } from './measure.js'
import { root, run } from './run-command.js'
import { buildTrail } from './trail-builder.js'

// The command as an auditor runs it, on files of very different length, beside sha256sum on the same file.

const proof = startProof('A11: long trails are verified quickly, in little memory')
const folder = mkdtempSync(join(tmpdir(), 'mcp-defectdojo-speed-'))
const keyText = 'an audit key for a proof only'
const keyFile = join(folder, 'key')
const sizes = proof.short ? [20_000, 100_000] : [200_000, 1_000_000]
/** Seconds and bytes that the goal allows for the full sizes. */
const limits = proof.short ? [3, 3] : [3, 15]
const maxMegabytes = 200
try {
  await run('sh', ['-c', `printf %s '${keyText}' > '${keyFile}'`])
  const perRecord: number[] = []
  for (const [at, records] of sizes.entries()) {
    perRecord.push(await measure(records, limits[at] ?? 0))
  }
  const [small = 1, large = 1] = perRecord
  const ratio = large / small
  proof.check(
    'the time is linear in the number of records',
    ratio < 1.5,
    `ratio ${ratio.toFixed(2)}`,
  )
} finally {
  rmSync(folder, { recursive: true, force: true })
}
proof.end()

async function measure(records: number, limitSeconds: number): Promise<number> {
  const file = join(folder, `audit-${records}.jsonl`)
  await write(file, records)
  const megabytes = statSync(file).size / 1e6
  const [sum] = await timed('sha256sum', [file])
  const [seconds, peak, verdict] = await timed(process.execPath, [
    join(root, 'dist/cli/main.js'),
    ...['audit', 'verify', file, '--key-file', keyFile],
  ])
  proof.check(
    `${records} records (${megabytes.toFixed(0)} MB) in at most ${limitSeconds} s`,
    seconds <= limitSeconds && verdict === 'complete',
    `${seconds.toFixed(2)} s, ${(seconds / sum).toFixed(1)} times sha256sum, ${verdict}`,
  )
  proof.check(
    `with at most ${maxMegabytes} MB of memory`,
    peak <= maxMegabytes,
    `${peak.toFixed(0)} MB`,
  )
  return seconds / records
}

/** Seconds, peak memory in MB, and the last line a command printed. */
async function timed(command: string, args: string[]): Promise<[number, number, string]> {
  const started = performance.now()
  // GNU time is not everywhere; Python's resource module is.
  const script =
    'import resource,subprocess,sys; p=subprocess.run(sys.argv[1:],stdout=subprocess.PIPE); ' +
    'sys.stdout.buffer.write(p.stdout); print(resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss)'
  const { stdout } = await run('python3', ['-c', script, command, ...args])
  const lines = stdout.trimEnd().split('\n')
  const kilobytes = Number(lines.at(-1))
  return [(performance.now() - started) / 1_000, kilobytes / 1_024, lines.at(-2) ?? '']
}

async function write(file: string, records: number): Promise<void> {
  const copies = createWriteStream(`${file}.checkpoints`)
  const built = buildTrail(keyText)
  built.start()
  await pipeline(function* () {
    let made = 1
    while (made < records) {
      built.change()
      made += 2
      if (made % 1_000 < 2) {
        built.checkpoint()
        yield* flush()
      }
    }
    built.checkpoint('shutdown')
    yield* flush()
  }, createWriteStream(file))
  copies.end()
  await once(copies, 'finish')

  function* flush(): Generator<string> {
    const { lines, checkpoints } = built.take()
    copies.write(checkpoints.map((line) => `${line}\n`).join(''))
    yield lines.map((line) => `${line}\n`).join('')
  }
}

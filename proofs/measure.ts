import { randomInt } from 'node:crypto'

/** What one proof found: a line per claim, with the figure that was seen. */
export interface Proof {
  /** Says what must hold, whether it did, and the figure. */
  check(claim: string, holds: boolean, figure?: string | number): void
  /** Prints a figure that nothing is claimed of, such as a baseline. */
  note(figure: string): void
  /** Prints the closing line and sets the exit status. */
  end(): void
}

interface StartedProof extends Proof {
  readonly short: boolean
  /** From 0 to below 1; the same sequence whenever the proof is started with `--seed` and the number it printed. */
  readonly random: () => number
}

/** Opens the report of a proof. Full figures unless it was started with `--short`. */
export function startProof(title: string): StartedProof {
  let passed = 0
  let failed = 0
  const given = process.argv.indexOf('--seed')
  const seed = given > 0 ? Number(process.argv[given + 1]) : randomInt(2 ** 31)
  if (!Number.isSafeInteger(seed)) throw new Error('--seed takes a whole number')
  process.stdout.write(`# ${title}\nseed ${seed}\n`)
  return {
    short: process.argv.includes('--short'),
    random: randomFrom(seed),
    check(claim, holds, figure) {
      if (holds) passed += 1
      else failed += 1
      const seen = figure === undefined ? '' : ` (${figure})`
      process.stdout.write(`${holds ? 'ok    ' : 'FAILED'} ${claim}${seen}\n`)
    },
    note(figure) {
      process.stdout.write(`       ${figure}\n`)
    },
    end() {
      process.stdout.write(`${passed} passed, ${failed} failed\n`)
      process.exitCode = failed === 0 && passed > 0 ? 0 : 1
    },
  }
}

/** mulberry32: enough to spread moments and choices, and short. */
function randomFrom(seed: number): () => number {
  let state = seed >>> 0
  return () => {
    state = (state + 0x6d2b79f5) >>> 0
    let mixed = Math.imul(state ^ (state >>> 15), state | 1)
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32
  }
}

/** The value that a share of all values does not exceed: `share` 0.5 is the median. */
export function percentile(values: readonly number[], share: number): number {
  const sorted = [...values].sort((one, other) => one - other)
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? Number.NaN
}

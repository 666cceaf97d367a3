/** What one proof found: a line per claim, with the figure that was seen. */
export interface Proof {
  /** Says what must hold, whether it did, and the figure. */
  check(claim: string, holds: boolean, figure?: string | number): void
  /** Prints the closing line and sets the exit status. */
  end(): void
}

/** Opens the report of a proof. Full figures unless it was started with `--short`. */
export function startProof(title: string): Proof & { readonly short: boolean } {
  let passed = 0
  let failed = 0
  process.stdout.write(`# ${title}\n`)
  return {
    short: process.argv.includes('--short'),
    check(claim, holds, figure) {
      if (holds) passed += 1
      else failed += 1
      const seen = figure === undefined ? '' : ` (${figure})`
      process.stdout.write(`${holds ? 'ok    ' : 'FAILED'} ${claim}${seen}\n`)
    },
    end() {
      process.stdout.write(`${passed} passed, ${failed} failed\n`)
      process.exitCode = failed === 0 && passed > 0 ? 0 : 1
    },
  }
}

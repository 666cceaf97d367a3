/** When old segments are looked for: now and then, and when a receiver has passed one. */
export interface RetentionSweeps {
  /** Soon; while one is under way, once more after it. */
  now(): void
  stop(): void
}

export interface RetentionSweepsOptions {
  /** Looks once. Rejects with the system's error. */
  readonly sweep: () => Promise<void>
  /** A sweep failed: the system's code. */
  readonly onFailure: (code: string) => void
  /** Runs `callback` once, after so many milliseconds, without keeping the process alive. */
  readonly after: (milliseconds: number, callback: () => void) => void
}

/** Receivers say what they still lack only when they are there. */
const firstMilliseconds = 60_000
const everyMilliseconds = 3_600_000

export function createRetentionSweeps(options: RetentionSweepsOptions): RetentionSweeps {
  let stopped = false
  let sweeping = false
  let again = false

  async function run(): Promise<void> {
    again = sweeping
    if (sweeping || stopped) return
    sweeping = true
    do {
      again = false
      await options.sweep().catch((error: NodeJS.ErrnoException) => {
        options.onFailure(error.code ?? 'UNKNOWN')
      })
    } while (again && !stopped)
    sweeping = false
  }

  function plan(milliseconds: number): void {
    options.after(milliseconds, () => {
      if (!stopped) void run().then(() => plan(everyMilliseconds))
    })
  }

  plan(firstMilliseconds)
  return {
    now: () => void run(),
    stop() {
      stopped = true
    },
  }
}

/** Whether DefectDojo answers, asked seldom enough that probes cannot become a load. */
export interface DojoHealth {
  /** The newest known state; never takes longer than the probe's own time limit. */
  reachable(): Promise<boolean>
}

export interface DojoHealthOptions {
  /** One cheap authenticated request; rejects when DefectDojo cannot be used. */
  readonly probe: () => Promise<unknown>
  /** Milliseconds, never going backwards. */
  readonly now: () => number
  /** How long an answer holds, in milliseconds. */
  readonly maxAgeMs: number
}

/** Remembers the last answer; callers that come while a probe runs share it. */
export function createDojoHealth({ probe, now, maxAgeMs }: DojoHealthOptions): DojoHealth {
  let known: { reachable: boolean; at: number } | undefined
  let running: Promise<boolean> | undefined

  return {
    async reachable() {
      if (known && now() - known.at < maxAgeMs) return known.reachable
      running ??= probe()
        .then(
          () => true,
          () => false,
        )
        .then((reachable) => {
          known = { reachable, at: now() }
          running = undefined
          return reachable
        })
      return running
    },
  }
}

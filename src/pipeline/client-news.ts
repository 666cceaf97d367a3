import { type CallLog, createCallLog } from './call-log.js'
import { type CallProgress, createCallProgress } from './call-progress.js'
import type { CallRequest } from './call-request.js'

/** What the client of one call is told before the answer. */
export interface ClientNews {
  readonly progress: CallProgress['report']
  readonly log: CallLog
  /** The answer is next: nothing may come after it. */
  stop(): void
}

/** Time, as calls need it. */
export interface CallClock {
  /** Milliseconds, never going backwards. */
  readonly now: () => number
  /** Runs `work` every so many milliseconds until the returned function is called. */
  readonly repeat: (everyMs: number, work: () => void) => () => void
}

/** Where the news of every call get their time and their last check for secrets. */
export interface ClientNewsParts extends CallClock {
  readonly redact: Parameters<typeof createCallLog>[0]['redact']
}

/** Begins to tell the client of a call what it asked to be told. */
export function openClientNews(
  { progress: send, log: sink, signal }: CallRequest,
  requestId: string,
  { repeat, now, redact }: ClientNewsParts,
): ClientNews {
  const progress = createCallProgress({ send, signal, repeat, now })
  const log = createCallLog({ sink, signal, requestId, redact })
  return {
    progress: progress.report,
    log,
    stop() {
      progress.stop()
      log.stop()
    },
  }
}

/** Time as it passes. */
export const realClock: CallClock = {
  now: () => performance.now(),
  repeat(everyMs, work) {
    const timer = setInterval(work, everyMs)
    return () => clearInterval(timer)
  },
}

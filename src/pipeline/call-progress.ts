import type { ToolContext } from '../tools/define-tool.js'
import type { CallClock } from './client-news.js'

/** The progress of one call, as its client hears of it. */
export interface CallProgress {
  /** As a tool reports it; what would not be an increase is left out. */
  readonly report: ToolContext['progress']
  /** After this nothing is sent any more. */
  stop(): void
}

/** What it is sent by. */
export interface CallProgressParts extends CallClock {
  /** Sends one notification; absent when the client did not ask for any. */
  readonly send: ToolContext['progress'] | undefined
  /** Gone clients hear nothing more. */
  readonly signal: AbortSignal
}

/** Well under the 10 s in which a waiting client must hear something. */
const signOfLifeMs = 5_000
/** Enough for the longest import that can be configured (a day), and a bound all the same. */
const maxNotifications = 20_000
/** Signs of life after which half of a step is shown as done. */
const halfWay = 20

/**
 * What a client hears of how far its call is: the steps that the tool reports, and a sign of life every 5 s, so that it does not give
 * up on a call that only takes long. The values strictly increase: while a step lasts they creep up to the next one and never reach it.
 */
export function createCallProgress(parts: CallProgressParts): CallProgress {
  const { send, now } = parts
  if (send === undefined) return { report() {}, stop() {} }

  let sent = 0
  let last = Number.NEGATIVE_INFINITY
  let stopped = false
  let step: { from: number; total: number | undefined; message: string; at: number } | undefined
  let signs = 0
  const startedAt = now()

  function tell(done: number, total: number | undefined, message: string): void {
    if (stopped || parts.signal.aborted || done <= last || sent >= maxNotifications) return
    last = done
    sent += 1
    send?.(done, total !== undefined && total < done ? undefined : total, message)
  }

  const secondsSince = (time: number): number => Math.round((now() - time) / 1000)

  function signOfLife(): void {
    if (step === undefined) {
      const seconds = secondsSince(startedAt)
      tell(seconds, undefined, `Waiting for DefectDojo (${seconds} s)`)
      return
    }
    signs += 1
    const { from, total, message, at } = step
    const rest = Math.floor(from) + 1 - from
    tell(from + (rest * signs) / (signs + halfWay), total, `${message} (${secondsSince(at)} s)`)
  }

  const stopRepeating = parts.repeat(signOfLifeMs, signOfLife)
  return {
    report(done, total, message) {
      // The creeping may have got ahead of a step that has parts.
      step = { from: Math.max(done, last), total, message, at: now() }
      signs = 0
      tell(done, total, message)
    },
    stop() {
      stopped = true
      stopRepeating()
    },
  }
}

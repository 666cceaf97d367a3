import { allTaken, type Delivery, DeliveryError } from '../destination.js'
import type { HttpsAnswer } from './format.js'

/** The settings here or there are wrong, not the lines: each of them is kept until somebody has put that right. */
const wrongSettings: ReadonlySet<number> = new Set([
  401, 402, 403, 404, 405, 406, 407, 410, 415, 421, 426, 451,
])
/** Another time, perhaps; so are all of 500 and above. */
const notNow: ReadonlySet<number> = new Set([408, 425, 429])

const maxRetryAfterSeconds = 3_600
/** The one form of a date that servers may still send. */
const httpDate = /^[A-Z][a-z]{2}, \d{2} [A-Z][a-z]{2} \d{4} \d{2}:\d{2}:\d{2} GMT$/

/** What the answer asks for before the next attempt, in seconds: a number or a date. At most an hour. */
export function retryAfterSeconds({ headers, at }: HttpsAnswer): number | null {
  const text = headers['retry-after']?.trim() ?? ''
  const asked = /^\d{1,9}$/.test(text)
    ? Number(text)
    : httpDate.test(text)
      ? Math.ceil((Date.parse(text) - at) / 1_000)
      : Number.NaN
  return Number.isNaN(asked) ? null : Math.min(Math.max(asked, 0), maxRetryAfterSeconds)
}

/** The reading that all formats share: what a status says about the batch as a whole. */
export function readStatus(answer: HttpsAnswer): Delivery {
  const { status } = answer
  if (status >= 200 && status < 300) return allTaken
  if (status >= 300 && status < 400) throw new DeliveryError('redirect_refused')
  const reason = `http_${status}`
  if (status >= 500 || notNow.has(status)) {
    throw new DeliveryError(reason, { retryAfterSeconds: retryAfterSeconds(answer) })
  }
  if (status < 400 || wrongSettings.has(status)) throw new DeliveryError(reason)
  throw new DeliveryError(reason, { remedy: status === 413 ? 'smaller' : 'isolate' })
}

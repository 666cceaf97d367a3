import { setTimeout as pause } from 'node:timers/promises'

/** As long as a thing may take that should happen at once. */
const patienceMs = 20_000

/** Waits for what should come soon; an error that names it when it does not. */
export async function soon<T>(what: string, work: Promise<T>, withinMs = patienceMs): Promise<T> {
  const over = new AbortController()
  const tooLate = pause(withinMs, undefined, { signal: over.signal, ref: false }).then(() => {
    throw new Error(`waited in vain for ${what}`)
  })
  try {
    return await Promise.race([work, tooLate])
  } finally {
    over.abort()
    tooLate.catch(() => {})
  }
}

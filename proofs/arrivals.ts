import { joinedMessages } from './joined-messages.js'

/** What a receiver has of a chain that began with 1. */
export interface Arrivals {
  /** Numbers from 1 to the last that are not there. */
  readonly missing: number
  /** How many came more than once, counted once for each time too many. */
  readonly duplicates: number
  /** Whether the first copies came in the order of the chain. */
  readonly inOrder: boolean
  readonly distinct: number
}

/** Compares the lines a receiver has with the numbers 1 to `lastSeq`. Parts of long records are joined first. */
export function arrivals(messages: readonly string[], lastSeq: number): Arrivals {
  const seen = new Set<number>()
  let duplicates = 0
  let inOrder = true
  let last = 0
  for (const line of joinedMessages(messages)) {
    const seq = Number(
      /"seq": (\d+), "chain_id": "[^"]*", "key_id": "[^"]*", [^{]*\}$/.exec(line)?.[1],
    )
    if (!Number.isInteger(seq)) throw new Error(`no record of ours: ${line.slice(0, 200)}`)
    if (seen.has(seq)) {
      duplicates++
      continue
    }
    seen.add(seq)
    if (seq < last) inOrder = false
    last = seq
  }
  let missing = 0
  for (let seq = 1; seq <= lastSeq; seq++) if (!seen.has(seq)) missing++
  return { missing, duplicates, inOrder, distinct: seen.size }
}

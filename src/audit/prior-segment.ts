import { open } from 'node:fs/promises'
import { genesis, linkMac } from './chain.js'
import { eventTypes } from './records.js'
import { parseRecord, type SignedRecord } from './signed-record.js'
import { linesFromEnd } from './tail-lines.js'
import { mendTail, type TornTail } from './torn-tail.js'

/** The end of a file, from its last checkpoint on, or from where its last chain begins. */
export interface PriorSegment {
  /** Oldest first. */
  readonly records: readonly SignedRecord[]
  readonly empty: boolean
  readonly torn: TornTail | null
}

/** As much is read of a file without checkpoints, which only a version before them has written. */
const maxBytes = 16_777_216

/**
 * Reads a file back from its end as far as is needed to go on, and mends that end if it may; null when there is no such file, or it is one that
 * keeps nothing (a pipe, a device). Rejects with the system's error when it cannot be read.
 */
export async function readPriorSegment(
  path: string,
  { mend }: { readonly mend: boolean },
): Promise<PriorSegment | null> {
  const file = await open(path, mend ? 'r+' : 'r').catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return null
    throw error
  })
  if (!file) return null
  try {
    if (!(await file.stat()).isFile()) return null
    const torn = mend ? await mendTail(file, path) : null
    const records: SignedRecord[] = []
    let bytes = 0
    let lines = 0
    /** Changes that were under way at the last checkpoint: who made them stands before it. */
    let sought: Set<unknown> | null = null
    for await (const { bytes: line } of linesFromEnd(file)) {
      lines++
      const entry = parseRecord(line)
      if (!entry || bytes > maxBytes) break
      records.push(entry)
      bytes += line.length
      if (entry.seq === 1) break
      const { event_type: type, request_id: requestId, open_intents: open } = entry.record
      if (type === eventTypes.checkpoint) sought ??= new Set(Array.isArray(open) ? open : [])
      else if (type === eventTypes.intent) sought?.delete(requestId)
      if (sought?.size === 0) break
    }
    return { records: records.reverse(), empty: lines === 0, torn }
  } finally {
    await file.close()
  }
}

/** What a record may follow, as far as it says so itself. */
function statedPrevious({ record, seq }: SignedRecord): string[] {
  const stated = [record.head_hmac, record.previous_hmac].filter((mac) => typeof mac === 'string')
  return seq === 1 || seq === null ? [...stated, genesis] : stated
}

/**
 * The key that the last record was made with, of those given, when every record follows the one before it; null otherwise, also
 * when not one link could be checked. A forged last line must not become the past of a new run.
 */
export function keyOfTail(
  records: readonly SignedRecord[],
  keys: readonly Buffer[],
): Buffer | null {
  let key: Buffer | undefined
  let before: string | null = null
  for (const entry of records) {
    const { signed } = entry
    const previous = before === null ? statedPrevious(entry) : [before, ...statedPrevious(entry)]
    const isFirst = before === null
    before = signed.mac
    const fits = (candidate: Buffer): boolean =>
      previous.some((mac) => linkMac(candidate, mac, signed.text) === signed.mac)
    if (key && fits(key)) continue
    key = keys.find(fits)
    // What the first one read follows may stand in another file.
    if (!key && !isFirst) return null
  }
  return key ?? null
}

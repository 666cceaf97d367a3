import { DeliveryError } from '../destination.js'

/** One frame of RELP: `TXNR COMMAND LENGTH[ DATA]` and a line feed. */
export interface RelpFrame {
  /** Number of the transaction; an answer has that of its question. 0 for what is no part of one. */
  readonly transaction: number
  readonly command: string
  /** One character per byte. */
  readonly data: string
}

/** The highest number of a transaction; the next one is 1. */
export const maxTransaction = 999_999_999

/** Receivers say few words. Whoever announces more is not asked for it. */
const maxDataBytes = 16_384
const header = /(\d{1,9}) ([A-Za-z]{1,32}) (\d{1,9})(?=[ \n])/y
/** What may become a header when more arrives. */
const beginning = /^(?:\d{0,9}|\d{1,9} [A-Za-z]{0,32}|\d{1,9} [A-Za-z]{1,32} \d{0,9})$/

/** The text of a frame; `data` is ASCII. */
export const relpFrame = (transaction: number, command: string, data: string): string =>
  `${transaction} ${command} ${data.length}${data && ' '}${data}\n`

/**
 * Takes frames out of a stream, however it is cut into chunks. Throws a `not_relp` or `answer_too_long` at what is none; the rest
 * of such a stream means nothing.
 */
export function createRelpReader(onFrame: (frame: RelpFrame) => void): (chunk: Buffer) => void {
  let text = ''

  return (chunk) => {
    text += chunk.toString('latin1')
    let at = 0
    for (;;) {
      header.lastIndex = at
      const found = header.exec(text)
      if (!found) {
        // Longer than any header can be, it is not looked at to the end.
        if (!beginning.test(text.slice(at, at + 64))) throw new DeliveryError('not_relp')
        break
      }
      const [, transaction, command = '', length] = found
      const bytes = Number(length)
      if (bytes > maxDataBytes) throw new DeliveryError('answer_too_long')
      // Without data some write the blank, and some do not.
      const start = header.lastIndex + (text[header.lastIndex] === ' ' ? 1 : 0)
      if (bytes > 0 && start === header.lastIndex) throw new DeliveryError('not_relp')
      const end = start + bytes
      if (text.length <= end) break
      if (text[end] !== '\n') throw new DeliveryError('not_relp')
      at = end + 1
      onFrame({ transaction: Number(transaction), command, data: text.slice(start, end) })
    }
    text = text.slice(at)
  }
}

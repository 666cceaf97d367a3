import { createHmac } from 'node:crypto'
import type { AuditValue } from './audit-log.js'
import { membersText } from './json-text.js'

/** What stands before the first record of a chain. */
export const genesis = ''

const macName = ', "integrity_hmac": "'
/** `, "integrity_hmac": "` + 64 hex digits + `"}` */
const macLength = macName.length + 64 + 2
const macEnd = /^, "integrity_hmac": "([0-9a-f]{64})"\}$/

/** HMAC-SHA256 over `previous|text` as lower-case hex; `text` is the record without its `integrity_hmac` (behaviour spec §5.3). */
export const linkMac = (key: Buffer, previousMac: string, text: string | Buffer): string =>
  createHmac('sha256', key).update(`${previousMac}|`).update(text).digest('hex')

/** A line taken apart; `text` is what its MAC was made over. */
export interface SignedLine {
  readonly text: Buffer
  readonly mac: string
}

/** Takes a line (without its line feed) apart byte for byte, or null when it does not end as a signed record does. */
export function splitLine(line: Buffer): SignedLine | null {
  const cut = line.length - macLength
  if (cut < 1) return null
  const mac = macEnd.exec(line.toString('latin1', cut))?.[1]
  if (mac === undefined) return null
  return { text: Buffer.concat([line.subarray(0, cut), Buffer.from('}')]), mac }
}

/** Where a chain stands: the MAC of its last record and that record's number. */
export interface ChainPosition {
  readonly chainId: string
  readonly mac: string
  readonly seq: number
}

/** A record as every sink gets it. */
export interface SealedRecord {
  /** The line without its line feed; plain ASCII. */
  readonly line: string
  readonly seq: number
  readonly chainId: string
  readonly mac: string
}

export interface Chain {
  /**
   * Gives the record its place (`seq`, `chain_id`, `key_id`), links it to the one before, and returns its line. What `sign` makes
   * of the text becomes its `signature`, which the MAC covers.
   */
  seal(
    record: Readonly<Record<string, AuditValue | undefined>>,
    retentionClass: string,
    sign?: (text: string) => string,
  ): SealedRecord
  position(): ChainPosition
}

/** What only the chain may say; a record that brings one of these loses it. */
const ownNames: ReadonlySet<string> = new Set([
  'seq',
  'chain_id',
  'key_id',
  'retention_class',
  'signature',
  'integrity_hmac',
])

/** The text with one more member at its end. */
const withMember = (text: string, name: string, value: string): string =>
  `${text.slice(0, -1)}, "${name}": "${value}"}`

/** Continues a chain from `from`: genesis with `mac: ''` and `seq: 0`, or where a verified earlier run ended. */
export function createChain(options: {
  readonly key: Buffer
  readonly keyId: string
  readonly from: ChainPosition
}): Chain {
  const { key, keyId } = options
  const chainId = options.from.chainId
  let { mac, seq } = options.from

  return {
    seal(record, retentionClass, sign) {
      const nextSeq = seq + 1
      const given = membersText(record, ownNames)
      const own = membersText({
        seq: nextSeq,
        chain_id: chainId,
        key_id: keyId,
        retention_class: retentionClass,
      })
      const unsigned = `{${given}${given === '' ? '' : ', '}${own}}`
      const text = sign ? withMember(unsigned, 'signature', sign(unsigned)) : unsigned
      mac = linkMac(key, mac, text)
      seq = nextSeq
      return { line: withMember(text, 'integrity_hmac', mac), seq, chainId, mac }
    },

    position: () => ({ chainId, mac, seq }),
  }
}

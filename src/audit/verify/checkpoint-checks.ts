import { type KeyObject, verify } from 'node:crypto'
import { signingKeyId } from '../checkpoint-signer.js'
import type { ChainState } from './chain-state.js'
import { member, numberIn, type RecordEntry } from './entry.js'

/** Whether a checkpoint was signed by this key; `unknown` without a key, without a signature, or with another one's. */
export function isSignedBy(
  entry: RecordEntry,
  publicKey: KeyObject | null,
): 'right' | 'wrong' | 'unknown' {
  const signature = member(entry, 'signature')
  if (!publicKey || signature === null) return 'unknown'
  if (member(entry, 'signing_key_id') !== signingKeyId(publicKey)) return 'unknown'
  const { bytes } = entry.line
  const end = bytes.lastIndexOf(', "signature": "')
  const text = Buffer.concat([bytes.subarray(0, end), Buffer.from('}')])
  return verify(null, text, publicKey, Buffer.from(signature, 'base64')) ? 'right' : 'wrong'
}

/** What of a checkpoint does not fit the records it covers, as far as they were read; null if nothing. */
export function misfit(
  entry: RecordEntry,
  chain: ChainState,
): { readonly detail: string; readonly content: boolean } | null {
  const { span } = chain
  const wrong = (detail: string, content = false) => ({ detail, content })
  if (entry.seq === null || numberIn(entry, 'covers_to_seq') !== entry.seq - 1) {
    return wrong('it does not cover the record before it')
  }
  if (chain.lastMac !== null && member(entry, 'head_hmac') !== chain.lastMac) {
    return wrong('it names another record before it')
  }
  const previous = entry.record.previous_checkpoint_sha256
  if (chain.checkpointSha256 !== null && previous !== chain.checkpointSha256) {
    return wrong('it follows another checkpoint')
  }
  const fromSeq = numberIn(entry, 'covers_from_seq')
  // It may cover more than was read, or less, when a process had to begin without the checkpoint before.
  if (!span.whole || fromSeq === null || fromSeq !== span.fromSeq) return null
  return span.hash.copy().digest('hex') === member(entry, 'covers_sha256')
    ? null
    : wrong(`seq ${fromSeq} to ${entry.seq - 1} are not what it covers`, true)
}

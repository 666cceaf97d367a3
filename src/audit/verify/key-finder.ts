import { createSecretKey, type KeyObject } from 'node:crypto'
import { linkMac } from '../chain.js'
import { derivedKeyId } from '../keys.js'
import { macOf, type RecordEntry } from './entry.js'

/** Finds out by trying which of the given keys a key id means (docs/audit-format.md §5.2 step 4). */
export interface KeyFinder {
  /** Whether any key was given at all. */
  readonly any: boolean
  /** `right` and `wrong` are proven; `unknown`: no key of that id is known, and none fits. `bound` tells that the id was learned just now. */
  check(
    entry: RecordEntry,
    previousMacs: readonly string[],
  ): { readonly result: 'right' | 'wrong' | 'unknown'; readonly bound: boolean }
  /** What the MAC of the record would be after this one, if its key is known. */
  macOf(entry: RecordEntry, previousMac: string): string | null
  /** Learns from a `key_rotated` which key the new id means; false if the record lies about a key that is known. */
  learn(newKeyId: string, previousMac: string, newKeyMac: string): boolean
}

export function createKeyFinder(given: readonly Buffer[]): KeyFinder {
  const keys = given.map((bytes) => ({ bytes, object: createSecretKey(bytes) }))
  const bound = new Map<string | null, (typeof keys)[number]>()
  for (const key of keys) bound.set(derivedKeyId(key.bytes), key)

  const fits = (key: KeyObject, entry: RecordEntry, previousMacs: readonly string[]): boolean =>
    previousMacs.some((previous) => macOf(key, previous, entry) === entry.mac)

  return {
    any: keys.length > 0,

    check(entry, previousMacs) {
      const known = bound.get(entry.keyId)
      if (known) {
        const right = fits(known.object, entry, previousMacs)
        return { result: right ? 'right' : 'wrong', bound: false }
      }
      const found = keys.find((key) => fits(key.object, entry, previousMacs))
      if (!found) return { result: 'unknown', bound: false }
      bound.set(entry.keyId, found)
      return { result: 'right', bound: true }
    },

    macOf(entry, previousMac) {
      const known = bound.get(entry.keyId)
      return known ? macOf(known.object, previousMac, entry) : null
    },

    learn(newKeyId, previousMac, newKeyMac) {
      const known = bound.get(newKeyId)
      const vouches = (key: { bytes: Buffer }): boolean =>
        linkMac(key.bytes, previousMac, newKeyId) === newKeyMac
      if (known) return vouches(known)
      const found = keys.find(vouches)
      if (found) bound.set(newKeyId, found)
      return true
    },
  }
}

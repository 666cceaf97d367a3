import type { FindingRecord } from '../records.js'
import type { Store } from '../store.js'
import { dedupeSettings } from './dedupe-settings.js'
import { timestamp } from './times.js'

/**
 * Marks new findings that repeat an older one, inactive and unverified, while the system setting is on. Compared by hash, or by the
 * tool's own id within a test type where the scan type is set so; in the product, or in the engagement if that asks for it.
 */
export function deduplicate(store: Store, fresh: readonly FindingRecord[]): void {
  if (store.settings.enable_deduplication !== true || fresh.length === 0) return
  const index = new Map<string, FindingRecord[]>()
  for (const finding of store.findings.all()) {
    for (const key of keysOf(store, finding)) {
      const list = index.get(key)
      if (list) list.push(finding)
      else index.set(key, [finding])
    }
  }
  for (const finding of fresh) {
    if (finding.duplicate) continue
    const original = keysOf(store, finding)
      .flatMap((key) => index.get(key) ?? [])
      .find((other) => other.id < finding.id && !other.duplicate)
    if (original) setDuplicate(store, finding, original)
  }
}

/** Makes a finding an inactive duplicate of another. */
export function setDuplicate(store: Store, finding: FindingRecord, original: FindingRecord): void {
  finding.duplicate = true
  finding.active = false
  finding.verified = false
  finding.duplicate_finding = original.id
  finding.last_status_update = timestamp(store.now())
}

function keysOf(store: Store, finding: FindingRecord): string[] {
  const test = store.tests.get(finding.test)
  const engagement = store.engagements.get(test?.engagement)
  if (!test || !engagement) return []
  const scope = engagement.deduplication_on_engagement
    ? `engagement ${engagement.id}`
    : `product ${engagement.product}`
  const { algorithm } = dedupeSettings(test.scan_type)
  const keys: string[] = []
  if (algorithm.startsWith('unique_id') && finding.unique_id_from_tool) {
    keys.push(`${scope} id ${test.test_type} ${finding.unique_id_from_tool}`)
  }
  if (algorithm !== 'unique_id_from_tool') keys.push(`${scope} hash ${finding.hash_code}`)
  return keys
}

import type { Store } from '../store.js'

/** Deletes a finding; duplicates of it lose their original, acceptances and histories forget it. */
export function removeFinding(store: Store, id: number): void {
  const finding = store.findings.get(id)
  if (!finding) return
  for (const note of finding.notes) store.notes.delete(note)
  store.findings.delete(id)
  for (const other of store.findings.all()) {
    if (other.duplicate_finding === id) other.duplicate_finding = null
  }
  for (const acceptance of store.riskAcceptances.all()) {
    acceptance.accepted_findings = acceptance.accepted_findings.filter((known) => known !== id)
  }
  for (const scan of store.testImports.all()) {
    scan.actions = scan.actions.filter((action) => action.finding !== id)
  }
}

/** Deletes a test and everything below it. */
export function removeTest(store: Store, id: number): void {
  for (const finding of store.findings.all()) {
    if (finding.test === id) removeFinding(store, finding.id)
  }
  for (const scan of store.testImports.all()) {
    if (scan.test === id) store.testImports.delete(scan.id)
  }
  store.tests.delete(id)
}

/** Deletes an engagement and everything below it. */
export function removeEngagement(store: Store, id: number): void {
  for (const test of store.tests.all()) {
    if (test.engagement === id) removeTest(store, test.id)
  }
  store.engagements.delete(id)
}

/** Deletes a product and everything below it. */
export function removeProduct(store: Store, id: number): void {
  for (const engagement of store.engagements.all()) {
    if (engagement.product === id) removeEngagement(store, engagement.id)
  }
  store.products.delete(id)
}

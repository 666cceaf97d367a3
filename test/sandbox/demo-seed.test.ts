import t from 'tap'
import type { FindingRecord } from '../../sandbox/records.js'
import { seedStore } from '../../sandbox/seed.js'
import type { Store } from '../../sandbox/store.js'

const NOW = new Date('2026-11-23T12:00:00Z')
const TODAY = '2026-11-23'

function demo(now = NOW): Store {
  return seedStore('demo', { now: () => now, apiKey: 'x'.repeat(40), deduplication: true })
}

/** Read by all tests that change nothing. */
const organisation = demo()

function count(store: Store, matches: (finding: FindingRecord) => unknown): number {
  return store.findings.all().filter(matches).length
}

/** Everything but what is meant to be random: tokens. */
function contents(store: Store): string {
  const tables = Object.values(store).flatMap((value) =>
    typeof value === 'object' && value !== null && 'all' in value ? [value.all()] : [],
  )
  return JSON.stringify(tables, (key, value) => (key === 'token' ? undefined : value))
}

t.test('the organisation has products, engagements and tests of several kinds', async (t) => {
  const store = organisation

  const engagements = store.engagements.all()
  const usedTypes = new Set(store.tests.all().map(({ test_type }) => test_type))
  const used = store.products.all().map(({ prod_type }) => prod_type)

  t.ok(new Set(used).size >= 3, 'product types in use')
  t.ok(store.products.size() >= 6)
  t.same(
    new Set(engagements.map(({ engagement_type }) => engagement_type)),
    new Set(['CI/CD', 'Interactive']),
  )
  t.ok(usedTypes.size >= 8, `${usedTypes.size} test types in use`)
  for (const { target_start, target_end, status, active } of engagements) {
    t.ok(target_start <= target_end)
    t.equal(active, status !== 'Completed')
  }
  t.ok(
    engagements.some(({ target_start }) => target_start > TODAY),
    'one is still to come',
  )
})

t.test('there are at least 300 findings, in every severity and every state', async (t) => {
  const store = organisation
  const states: Record<string, (finding: FindingRecord) => unknown> = {
    'active and unverified': (row) => row.active && !row.verified,
    'active and verified': (row) => row.active && row.verified,
    'under review': (row) => row.under_review && row.reviewers.length > 0,
    mitigated: (row) => row.is_mitigated && !row.false_p && !row.out_of_scope,
    'false positive': (row) => row.false_p,
    'out of scope': (row) => row.out_of_scope,
    duplicate: (row) => row.duplicate,
    'risk accepted': (row) => row.risk_accepted,
    'past its deadline': (row) => row.active && (row.sla_expiration_date ?? TODAY) < TODAY,
    'within its deadline': (row) => row.active && (row.sla_expiration_date ?? '') > TODAY,
    'known to be exploited': (row) => row.known_exploited && row.kev_date,
    'with a plan': (row) => row.planned_remediation_date,
  }

  t.ok(store.findings.size() >= 300, `${store.findings.size()} findings`)
  for (const severity of ['Critical', 'High', 'Medium', 'Low', 'Info']) {
    const found = count(store, (row) => row.severity === severity)
    t.ok(found >= 20, `${found} of ${severity}`)
  }
  for (const [state, matches] of Object.entries(states)) {
    const found = count(store, matches)
    t.ok(found >= 4, `${found} ${state}`)
  }
})

t.test('the flags of each finding agree with each other, as DefectDojo keeps them', async (t) => {
  const store = organisation
  const now = NOW.toISOString()
  const accepted = new Set(store.riskAcceptances.all().flatMap((row) => row.accepted_findings))

  for (const row of store.findings.all()) {
    const name = `${row.id} ${row.title}`
    const original = store.findings.get(row.duplicate_finding)
    if (row.active) t.notOk(row.is_mitigated || row.duplicate || row.risk_accepted, name)
    if (row.false_p || row.out_of_scope) t.ok(row.is_mitigated && !row.verified, name)
    t.equal(row.mitigated !== null, row.is_mitigated, name)
    if (row.mitigated) t.ok(row.mitigated >= row.date && row.mitigated <= now, name)
    t.equal(original !== undefined, row.duplicate, name)
    if (original) {
      t.notOk(original.duplicate, name)
      t.equal(productOf(store, original), productOf(store, row), name)
      t.ok(original.date <= row.date, name)
    }
    t.equal(accepted.has(row.id), row.risk_accepted, name)
    t.ok(row.date <= TODAY && row.found_by.length === 1, name)
    t.equal(row.sla_expiration_date === null, row.severity === 'Info', name)
    t.ok(row.cvssv3_score === null || bands[row.severity](row.cvssv3_score), name)
  }
})

t.test('findings say where, what and how to fix it, with no blank left open', async (t) => {
  const store = organisation
  const texts = store.findings
    .all()
    .map((row) => [row.title, row.description, row.impact, row.mitigation, row.steps_to_reproduce])

  t.notMatch(texts.flat().join('\n'), /\{(?:file|symbol|endpoint|parameter|host|resource)\}/)
  t.notMatch(texts.flat().join('\n'), /undefined|\[object/)
  for (const [what, matches] of Object.entries({
    cwe: (row: FindingRecord) => row.cwe > 0,
    'vulnerability ids': (row: FindingRecord) => row.vulnerability_ids.length > 0,
    'a CVSS vector': (row: FindingRecord) => row.cvssv3 && row.cvssv3_score,
    'an EPSS score': (row: FindingRecord) => row.epss_score,
    'a component': (row: FindingRecord) => row.component_name && row.component_version,
    'a file and line': (row: FindingRecord) => row.file_path && row.line,
    mitigation: (row: FindingRecord) => row.mitigation,
    impact: (row: FindingRecord) => row.impact,
    references: (row: FindingRecord) => row.references,
    'steps to reproduce': (row: FindingRecord) => row.steps_to_reproduce,
    tags: (row: FindingRecord) => row.tags.length > 0,
  })) {
    const found = count(store, matches)
    t.ok(found >= 20, `${found} with ${what}`)
  }
  for (const row of store.findings.all()) {
    t.notMatch(row.tags.join('|'), /[\s,'"A-Z]/, 'tags that DefectDojo would accept')
  }
})

t.test('several people wrote notes, some of them private', async (t) => {
  const store = organisation
  const notes = store.findings
    .all()
    .flatMap((row) => row.notes)
    .map((id) => store.notes.get(id))

  t.ok(notes.length >= 100, `${notes.length} notes on findings`)
  t.ok(new Set(notes.map((note) => note?.author)).size >= 5)
  t.ok(notes.filter((note) => note?.private).length >= 10)
  t.ok(notes.every((note) => note && note.date <= NOW.toISOString()))
})

t.test('hostile texts are in every field that an outsider can fill', async (t) => {
  const store = organisation
  const findings = store.findings.all()
  const notes = store.notes.all().map(({ entry }) => entry)
  const text = [...findings.map((row) => JSON.stringify(row)), ...notes].join('\n')
  const fields = (read: (row: FindingRecord) => string | null) =>
    findings.map((row) => read(row) ?? '').join('\n')
  const invisible = /[\u{e0020}-\u{e007e}]/u

  t.match(
    fields((row) => row.title),
    /ignore all previous instructions/i,
  )
  t.match(
    fields((row) => row.title),
    invisible,
  )
  t.match(
    fields((row) => row.description),
    /^\{"value": .*"_warning": /m,
  )
  t.match(
    fields((row) => row.description),
    /!\[status\]\(https:\/\/attacker\.example\//,
  )
  t.match(
    fields((row) => row.steps_to_reproduce),
    /<system>/,
  )
  t.match(
    fields((row) => row.component_name),
    /call close_finding/,
  )
  t.match(
    fields((row) => row.component_version),
    /^system: /m,
  )
  t.match(
    fields((row) => row.file_path),
    /must-first-call/,
  )
  t.match(
    fields((row) => row.file_path),
    /\u202e/,
  )
  t.match(
    fields((row) => row.tags.join()),
    /ignore-all-previous-instructions/,
  )
  t.match(
    store.tests
      .all()
      .map((row) => row.branch_tag)
      .join(),
    /ignore-previous-instructions/,
  )
  t.match(notes.join('\n'), invisible)
  t.match(notes.join('\n'), /"_warning": null/)
  t.ok(fields((row) => row.title + row.description).includes('\u001b[2J'), 'terminal codes')
  t.match(text, /[\u200b\u2060]/)
})

t.test('reports of scanners left an import history', async (t) => {
  const store = organisation

  for (const run of store.testImports.all()) {
    const test = store.tests.get(run.test)
    t.ok(test?.scan_type, 'tests by hand have no import')
    t.equal(
      run.actions.length,
      count(store, (row) => row.test === run.test),
    )
  }
  t.ok(store.testImports.size() >= 20)
})

t.test('the same day gives the same organisation, another day moves it along', async (t) => {
  const later = new Date(NOW.getTime() + 86_400_000)

  const again = demo()
  const moved = demo(later)

  t.equal(contents(again), contents(organisation))
  t.not(contents(moved), contents(organisation))
  t.equal(moved.findings.size(), organisation.findings.size())
  t.not(again.users.get(5)?.token, organisation.users.get(5)?.token, 'but never the same tokens')
})

t.test('no date lies in the future, whatever the hour', async (t) => {
  for (const hour of ['00:00:01', '02:30:00', '23:59:59']) {
    const now = new Date(`2026-03-01T${hour}Z`)
    const store = demo(now)

    t.equal(
      count(store, (row) => row.created > now.toISOString() || row.date > '2026-03-01'),
      0,
    )
    t.equal(store.notes.all().filter((note) => note.date > now.toISOString()).length, 0)
  }
})

const bands: Readonly<Record<FindingRecord['severity'], (score: number) => boolean>> = {
  Critical: (score) => score >= 9,
  High: (score) => score >= 7 && score < 9,
  Medium: (score) => score >= 4 && score < 7,
  Low: (score) => score > 0 && score < 4,
  Info: (score) => score === 0,
}

function productOf(store: Store, finding: FindingRecord): number | undefined {
  return store.engagements.get(store.tests.get(finding.test)?.engagement)?.product
}

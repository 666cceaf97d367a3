import t from 'tap'
import { titleCase } from '../../sandbox/rules/title-case.js'
import { withFinding } from './client.js'

const minimal = {
  test: 1,
  title: 'sql injection in the login form',
  severity: 'High',
  description: 'd',
  active: true,
  verified: false,
  numerical_severity: 'S4',
  found_by: [],
}

t.test('titles take the case that the real server gives them', async (t) => {
  const cases: [given: string, stored: string][] = [
    ['sql injection in the login form', 'SQL Injection in the Login Form'],
    ['XSS in /api/v2/users', 'XSS in /Api/V2/Users'],
    ['THE QUICK: a story', 'The QUICK: A Story'],
    ['use of MD5 (weak-hash)', 'Use of MD5 (Weak-Hash)'],
    ['b108: hardcoded_tmp_directory', 'B108: Hardcoded_tmp_directory'],
    ['CVE-2024-1234 openssl 3.0.1', 'CVE-2024-1234 Openssl 3.0.1'],
    ['rce by http html st', 'Rce by HTTP HTML St'],
    ["o'reilly and mcdonald", "O'Reilly and McDonald"],
    ['the end of', 'The End Of'],
    ['a/b and c/d-the', 'A/B and C/D-The'],
    ['"the" quote', '"The" Quote'],
    ['jenkins.internal leak', 'jenkins.internal Leak'],
    ['ALL CAPS HERE', 'All Caps Here'],
    ['', ''],
  ]

  for (const [given, stored] of cases) t.equal(titleCase(given), stored)
})

t.test('a create fills in what follows and answers the stored fields', async (t) => {
  const { post, get } = await withFinding(t)

  const created = await post('findings/', {
    ...minimal,
    cwe: 89,
    cvssv3: 'CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:N',
    cvssv3_score: 1,
    file_path: 'src/login.py',
    vulnerability_ids: [{ vulnerability_id: 'CVE-2024-1' }, 'CVE-2024-2'],
    tags: ['Auth', 'a,b'],
    date: '2026-06-01',
  })

  t.equal(created.status, 201)
  t.equal(created.headers.get('location'), 'None')
  t.match(created.body, {
    title: 'SQL Injection in the Login Form',
    numerical_severity: 'S1',
    found_by: [3],
    cwes: [{ cwe: 'CWE-89' }],
    cvssv3_score: 9.1,
    static_finding: true,
    dynamic_finding: false,
    sla_expiration_date: '2026-07-01',
    vulnerability_ids: [{ vulnerability_id: 'CVE-2024-1' }, { vulnerability_id: 'CVE-2024-2' }],
    tags: ['a', 'auth', 'b'],
    hash_code: /^[0-9a-f]{64}$/,
  })
  t.notOk('display_status' in created.body)
  const read = await get(`findings/${created.body.id}/`)
  t.match(read.body, { age: 14, sla_days_remaining: 16, display_status: 'Active' })
})

t.test('checks come in order: parent given, parent there, permission, fields, rules', async (t) => {
  const { post, patch } = await withFinding(t, { verified: true })
  const { test: _test, ...orphan } = minimal

  const missing = await post('findings/', orphan)
  t.equal(missing.status, 400)
  t.same(missing.body, { detail: "Unable to check for permissions: Attribute 'test' is required" })
  const unknown = await post('findings/', { test: 99 })
  t.equal(unknown.status, 404)
  t.same(unknown.body, { detail: 'No Test matches the given query.' })
  t.equal((await post('findings/', { test: 'abc' })).status, 500)
  t.equal((await post('findings/', { test: 1 }, 'stranger')).status, 403)
  const fields = await post('findings/', {
    ...minimal,
    severity: 'high',
    found_by: [99],
    duplicate: true,
  })
  t.equal(fields.status, 400)
  t.same(fields.body.severity, [
    "Severity must be one of the following: ['Info', 'Low', 'Medium', 'High', 'Critical']",
  ])
  t.same(fields.body.found_by, ['Invalid pk "99" - object does not exist.'])
  t.notOk('non_field_errors' in fields.body, 'rules wait for the fields')
  t.match(fields.body.message, /^\{'found_by': \[ErrorDetail\(string='Invalid pk "99"/)
  t.type(fields.body.pro, Array)
  const rules: [sent: object, text: string][] = [
    [{ duplicate: true }, 'Duplicate findings cannot be verified or active'],
    [
      { active: false, verified: true, false_p: true },
      'False positive findings cannot be verified.',
    ],
    [
      { active: false, risk_accepted: true },
      'Simple risk acceptance is disabled for this product, use the UI to accept this finding.',
    ],
  ]
  for (const [sent, text] of rules) {
    t.same((await post('findings/', { ...minimal, ...sent })).body.non_field_errors, [text])
  }
  t.same((await patch('findings/1/', { false_p: true })).body.non_field_errors, [
    'False positive findings cannot be verified.',
  ])
  t.match((await patch('findings/1/', { mitigated: '2026-01-01' })).body.mitigated, [/EDITABLE/])
  t.equal((await patch('findings/1/', { severity: 'Low' }, 'stranger')).status, 404)
})

t.test('notes have an author, come newest first, and answer without an id', async (t) => {
  const { post, get, patch, finding } = await withFinding(t)

  t.same((await post('findings/1/notes/', {})).body, { entry: ['This field is required.'] })
  const added = await post('findings/1/notes/', { entry: 'First', private: true })
  t.same(Object.keys(added.body).sort(), ['author', 'edit_time', 'editor', 'entry', 'private'])
  await post('findings/1/notes/', { entry: 'Second' }, 'staff')
  t.match((await get('findings/1/notes/')).body, {
    finding_id: 1,
    notes: [
      { id: 2, entry: 'Second', author: { username: 'staff' } },
      { id: 1, entry: 'First', private: true, history: [{ data: 'First' }] },
    ],
  })
  t.match((await post('tests/1/notes/', { entry: 'On the test' })).status, 201)
  t.match((await get('tests/1/notes/')).body, { test_id: 1, notes: [{ entry: 'On the test' }] })
  t.equal((await patch('findings/1/remove_note/', {})).status, 500)
  t.equal((await patch('findings/1/remove_note/', { note_id: 1 }, 'staff')).status, 400)
  t.equal((await patch('findings/1/remove_note/', { note_id: 3 })).status, 400, 'of the test')
  t.equal((await patch('findings/1/remove_note/', { note_id: 1 })).status, 204)
  t.same(finding.notes, [2])
})

t.test('tags are added in lower case and removed all or none', async (t) => {
  const { post, patch, get } = await withFinding(t)
  const tags = async () => (await get('findings/1/tags/')).body.tags

  const added = await post('findings/1/tags/', { tags: ['Auth', 'pci'] })
  t.equal(added.status, 200)
  t.same(added.body, { tags: ['auth', 'pci'] })
  const space = await post('findings/1/tags/', { tags: ['a b'] })
  t.same(space.body, {
    tags: ["Invalid tag: 'a b'. Tags should not contain spaces, commas, or quotes."],
  })
  t.equal((await post('findings/1/tags/', { tags: 'auth' })).status, 400)
  t.equal((await post('findings/1/tags/', { tags: ['x'.repeat(300)] })).status, 500)
  const absent = await patch('findings/1/remove_tags/', { tags: ['pci', 'nope'] })
  t.same(absent.body, { error: "'nope' is not a valid tag in list '['auth', 'pci']'" })
  t.equal((await patch('findings/1/remove_tags/', { tags: ['Auth'] })).status, 400, 'exact case')
  t.same((await patch('findings/1/remove_tags/', { tags: [] })).body, {
    error: 'Empty Tag List Not Allowed',
  })
  t.same(await tags(), ['auth', 'pci'])
  const removed = await patch('findings/1/remove_tags/', { tags: ['pci'] })
  t.equal(removed.status, 204)
  t.equal(removed.headers.get('content-type'), 'application/json')
  t.equal(removed.text, '')
  await patch('findings/1/', { tags: ['Sprint-1'] })
  t.same(await tags(), ['Sprint-1'], 'a patch replaces, and keeps capitals')
  t.equal((await get('findings/?tags=Sprint-1')).body.count, 0, 'and so cannot be found')
  await post('findings/1/tags/', { tags: ['sprint-1'] })
  t.same(await tags(), ['Sprint-1'], 'the stored spelling wins')
})

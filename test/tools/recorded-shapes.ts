/** Objects in the shape in which DefectDojo 3.2 gives them: with what is needed, and some of what must be dropped. */

export const product = {
  id: 4,
  name: 'Payments',
  description: 'Takes money.',
  prod_type: 1,
  findings_list: [21, 22, 23],
  findings_count: 3,
  tags: ['pci'],
}

export const engagement = {
  id: 5,
  name: 'Release 4.2',
  product: 4,
  status: 'In Progress',
  active: true,
  target_start: '2026-08-01',
  target_end: '2026-09-30',
  tags: ['ci'],
}

export const test = {
  id: 9,
  engagement: 5,
  test_type: 3,
  test_type_name: 'Pen Test',
  title: null,
  target_start: '2026-08-01T00:00:00Z',
  target_end: '2026-08-05T00:00:00Z',
}

export const finding = {
  id: 21,
  test: 9,
  title: 'SQL Injection in the Login Form',
  severity: 'High',
  numerical_severity: 'S1',
  description: 'The `user` parameter is concatenated into a query.',
  active: true,
  verified: false,
  mitigated: null as string | null,
  mitigated_by: null,
  is_mitigated: false,
  out_of_scope: false,
  false_p: false,
  duplicate: false,
  risk_accepted: false,
  cwe: 89,
  cvssv3_score: 9.1,
  component_name: 'pay-core',
  component_version: '1.2.3',
  file_path: 'src/login.py',
  line: 42,
  tags: ['auth', 'owasp-a03'],
  vulnerability_ids: [{ vulnerability_id: 'CVE-2024-12345' }],
  mitigation: 'Use bound parameters.',
  impact: 'Full read of the user table.',
  references: 'https://owasp.example/sqli',
  steps_to_reproduce: "1. Send ' or 1=1 --",
  date: '2026-08-02',
  found_by: [3],
  hash_code: '4ee3',
  notes: [],
}

/** What a list and a change show of {@link finding}. */
export const shownFinding = {
  id: 21,
  test_id: 9,
  title: 'SQL Injection in the Login Form',
  severity: 'High',
  description: 'The `user` parameter is concatenated into a query.',
  active: true,
  verified: false,
  mitigated: null,
  is_mitigated: false,
  out_of_scope: false,
  false_p: false,
  duplicate: false,
  risk_accepted: false,
  cwe: 89,
  cvssv3_score: 9.1,
  component_name: 'pay-core',
  component_version: '1.2.3',
  file_path: 'src/login.py',
  line: 42,
  tags: ['auth', 'owasp-a03'],
  vulnerability_ids: [{ vulnerability_id: 'CVE-2024-12345' }],
}

export const author = { id: 1, username: 'admin', first_name: 'A', last_name: 'U' }

export const note = {
  id: 12,
  author,
  editor: null,
  history: [],
  note_type: null,
  entry: 'Ticket PAY-12 opened.',
  date: '2026-11-22T05:43:05.077771Z',
  private: false,
  edited: false,
}

export const pageOf = (...results: unknown[]) => ({
  count: results.length,
  next: null,
  previous: null,
  results,
  prefetch: {},
})

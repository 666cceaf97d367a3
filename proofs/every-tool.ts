import type { Role } from '../src/access/permissions.js'

/** A tool, the least role that may use it, a call that would be carried out, and what DefectDojo is then asked. */
export interface ToolRow {
  readonly tool: string
  /** Whoever has this role or a greater one may use it: reader, scanner, writer, admin. */
  readonly from: Role
  /** `number` keeps apart what must not be there twice. */
  arguments(number: number): Record<string, unknown>
  /** The tool that has to be called with the same number before. */
  readonly after?: string
  /** Method and path, without `/api/v2/`. */
  asks(number: number): string
}

const finding = (number: number): number => 1 + (number % 20)
const dates = { target_start: '2026-01-01', target_end: '2026-01-31' }
const report = (number: number) => ({
  scan_type: 'Generic Findings Import',
  file_name: 'scan.json',
  content: JSON.stringify({
    findings: [{ title: `Found ${number}`, severity: 'Low', description: 'As found.' }],
  }),
  product_name: 'Shop',
  engagement_name: 'Review 1',
})

/**
 * Behaviour spec §3.1, written out: 12 tools for the reader, 14, 23, and 24 for the admin. In this order each call finds what it needs,
 * in a sandbox with the state of the recordings.
 */
export const everyTool: readonly ToolRow[] = [
  {
    tool: 'health_check',
    from: 'reader',
    arguments: () => ({}),
    asks: () => 'GET user_profile/',
  },
  {
    tool: 'list_products',
    from: 'reader',
    arguments: () => ({ limit: 2 }),
    asks: () => 'GET products/',
  },
  {
    tool: 'get_product',
    from: 'reader',
    arguments: () => ({ product_id: 2 }),
    asks: () => 'GET products/2/',
  },
  {
    tool: 'create_product',
    from: 'admin',
    arguments: (number) => ({
      name: `Made ${number}`,
      description: 'Made by a proof.',
      prod_type_id: 1,
    }),
    asks: () => 'POST products/',
  },
  {
    tool: 'list_product_types',
    from: 'reader',
    arguments: () => ({ limit: 1 }),
    asks: () => 'GET product_types/',
  },
  {
    tool: 'list_engagements',
    from: 'reader',
    arguments: () => ({ product_id: 1 }),
    asks: () => 'GET engagements/',
  },
  {
    tool: 'get_engagement',
    from: 'reader',
    arguments: () => ({ engagement_id: 3 }),
    asks: () => 'GET engagements/3/',
  },
  {
    tool: 'create_engagement',
    from: 'writer',
    arguments: (number) => ({ product_id: 2, name: `Review ${number}`, ...dates }),
    asks: () => 'POST engagements/',
  },
  {
    tool: 'list_tests',
    from: 'reader',
    arguments: () => ({ engagement_id: 1, limit: 1 }),
    asks: () => 'GET tests/',
  },
  {
    tool: 'get_test',
    from: 'reader',
    arguments: () => ({ test_id: 5 }),
    asks: () => 'GET tests/5/',
  },
  {
    tool: 'create_test',
    from: 'writer',
    arguments: () => ({ engagement_id: 2, test_type_id: 3, ...dates }),
    asks: () => 'POST tests/',
  },
  {
    tool: 'list_test_types',
    from: 'reader',
    arguments: () => ({ limit: 1 }),
    asks: () => 'GET test_types/',
  },
  {
    tool: 'list_findings',
    from: 'reader',
    arguments: () => ({ severity: 'High', limit: 1 }),
    asks: () => 'GET findings/',
  },
  {
    tool: 'get_finding',
    from: 'reader',
    arguments: (number) => ({ finding_id: finding(number) }),
    asks: (number) => `GET findings/${finding(number)}/`,
  },
  {
    tool: 'create_finding',
    from: 'writer',
    arguments: (number) => ({
      test_id: 1,
      title: `Seen ${number}`,
      severity: 'Low',
      description: 'Made by a proof.',
    }),
    asks: () => 'POST findings/',
  },
  {
    tool: 'update_finding',
    from: 'writer',
    arguments: (number) => ({ finding_id: finding(number), severity: 'Medium' }),
    asks: (number) => `PATCH findings/${finding(number)}/`,
  },
  {
    tool: 'close_finding',
    from: 'writer',
    arguments: (number) => ({ finding_id: finding(number), reason: 'mitigated' }),
    asks: (number) => `POST findings/${finding(number)}/close/`,
  },
  {
    tool: 'reopen_finding',
    from: 'writer',
    arguments: (number) => ({ finding_id: finding(number) }),
    asks: (number) => `PATCH findings/${finding(number)}/`,
  },
  {
    tool: 'add_finding_note',
    from: 'writer',
    arguments: (number) => ({ finding_id: finding(number), entry: `Seen ${number} times.` }),
    asks: (number) => `POST findings/${finding(number)}/notes/`,
  },
  {
    tool: 'list_finding_notes',
    from: 'reader',
    arguments: (number) => ({ finding_id: finding(number) }),
    asks: (number) => `GET findings/${finding(number)}/notes/`,
  },
  {
    tool: 'add_finding_tags',
    from: 'writer',
    arguments: (number) => ({ finding_id: finding(number), tags: [`tag-${number}`] }),
    asks: (number) => `POST findings/${finding(number)}/tags/`,
  },
  {
    tool: 'remove_finding_tags',
    from: 'writer',
    after: 'add_finding_tags',
    arguments: (number) => ({ finding_id: finding(number), tags: [`tag-${number}`] }),
    asks: (number) => `PATCH findings/${finding(number)}/remove_tags/`,
  },
  {
    tool: 'import_scan',
    from: 'scanner',
    arguments: report,
    asks: () => 'POST import-scan/',
  },
  {
    tool: 'reimport_scan',
    from: 'scanner',
    arguments: report,
    asks: () => 'POST reimport-scan/',
  },
]

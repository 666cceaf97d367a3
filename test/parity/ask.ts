import type { FastifyInstance } from 'fastify'
import type { ToolName } from '../../src/tools/tool-names.js'
import { rpc } from '../helpers/rpc.js'

/** How a call ended, as a client reads it. */
export interface Reply {
  readonly isError: boolean
  readonly text: string
  /** Absent on failure. */
  readonly result: Record<string, unknown>
  readonly code: string | undefined
  readonly requestId: string
  readonly retryAfterSeconds: number | undefined
}

/** One tool call through the whole service. */
export async function ask(
  app: FastifyInstance,
  token: string | undefined,
  tool: string,
  args: Record<string, unknown> = {},
  meta: Record<string, unknown> = {},
): Promise<Reply> {
  const response = await app.inject(rpc(token, 'tools/call', { name: tool, arguments: args }, meta))
  const { result } = response.json()
  const error = result._meta?.['mcp-defectdojo/error'] ?? {}
  return {
    isError: result.isError ?? false,
    text: result.content[0].text,
    result: result.structuredContent,
    code: error.code,
    requestId: error.request_id,
    retryAfterSeconds: error.retry_after_seconds,
  }
}

const dates = { target_start: '2026-01-01', target_end: '2026-02-01' }
const report = JSON.stringify({ version: '2.1.0', runs: [] })
const upload = {
  scan_type: 'SARIF',
  file: Buffer.from(report).toString('base64'),
  file_name: 'report.sarif',
}

/** Arguments that pass every check of a tool. */
export const validArguments: Readonly<Record<ToolName, Readonly<Record<string, unknown>>>> = {
  health_check: {},
  list_products: {},
  get_product: { product_id: 1 },
  create_product: { name: 'Parity shop', description: 'The web shop.', prod_type_id: 1 },
  list_product_types: {},
  list_engagements: { product_id: 1 },
  get_engagement: { engagement_id: 1 },
  create_engagement: { product_id: 1, name: 'Spring', ...dates },
  list_tests: { engagement_id: 1 },
  get_test: { test_id: 1 },
  create_test: { engagement_id: 1, test_type_id: 1, ...dates },
  list_test_types: {},
  list_findings: {},
  get_finding: { finding_id: 1 },
  create_finding: { test_id: 1, title: 'XSS', severity: 'High', description: 'In the search box.' },
  update_finding: { finding_id: 1, severity: 'Low' },
  close_finding: { finding_id: 1, reason: 'mitigated' },
  reopen_finding: { finding_id: 1 },
  add_finding_note: { finding_id: 1, entry: 'Looked at.' },
  list_finding_notes: { finding_id: 1 },
  add_finding_tags: { finding_id: 1, tags: ['checked'] },
  remove_finding_tags: { finding_id: 1, tags: ['checked'] },
  import_scan: { ...upload, product_name: 'Parity shop', engagement_name: 'Spring' },
  reimport_scan: { ...upload, test_id: 1 },
}

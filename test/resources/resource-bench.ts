import { Ajv2020, type ValidateFunction } from 'ajv/dist/2020.js'
import type { Sandbox } from '../../sandbox/server.js'
import { createPresenter, type WrappingMode } from '../../src/guard/untrusted-envelope.js'
import type { Resource } from '../../src/resources/define-resource.js'
import { initialize, legacyHeaders, messageOf } from '../helpers/legacy-rpc.js'
import { readResource } from '../helpers/rpc.js'
import type { TestApp } from '../helpers/test-app.js'

/** A document as a test looks at it. */
export type Document = Record<string, unknown> & {
  readonly count: number
  readonly next: string | null
  readonly items: readonly Document[]
  readonly uri: string
  readonly id: number
}

export interface RpcError {
  readonly code: number
  readonly message: string
  readonly data?: { readonly uri?: string; readonly code?: string; readonly request_id?: string }
}

/** What came of reading an address. */
export interface Reading {
  readonly contents: readonly { uri: string; mimeType: string; text: string }[]
  readonly document: Document
  readonly error: RpcError | undefined
}

export function readingOf(message: { result?: unknown; error?: unknown }): Reading {
  const { contents = [] } = (message.result ?? {}) as { contents?: Reading['contents'] }
  const text = contents[0]?.text
  return {
    contents,
    document: (text === undefined ? {} : JSON.parse(text)) as Document,
    error: message.error as RpcError | undefined,
  }
}

export type Read = (uri: string) => Promise<Reading>

/** Reads as a 2026-07-28 client. */
export const modernReader =
  ({ app }: Pick<TestApp, 'app'>, token: string): Read =>
  async (uri) =>
    readingOf((await app.inject(readResource(token, uri))).json())

/** Opens a 2025-11-25 session and sends its requests. */
export async function openSession({ app }: Pick<TestApp, 'app'>, token: string) {
  const post = (payload: Record<string, unknown>, headers: Record<string, string> = {}) =>
    app.inject({ method: 'POST', url: '/mcp', headers: legacyHeaders(token, headers), payload })
  const opened = await post(initialize('2025-11-25'))
  const session = { 'mcp-session-id': String(opened.headers['mcp-session-id']) }
  let id = 1
  async function ask(method: string, params: Record<string, unknown>) {
    id += 1
    return messageOf((await post({ jsonrpc: '2.0', id, method, params }, session)).body)
  }
  const read: Read = async (uri) => readingOf(await ask('resources/read', { uri }))
  return { ask, read }
}

/** What one address of each resource names in the sandbox's `recorded` seed. */
export const examples: Readonly<
  Record<string, { uri: string; params: Record<string, number>; findings?: readonly number[] }>
> = {
  instance: { uri: 'defectdojo://instance', params: {} },
  'scan-types': { uri: 'defectdojo://scan-types', params: {} },
  products: { uri: 'defectdojo://products', params: { limit: 20, offset: 0 } },
  product: { uri: 'defectdojo://products/1', params: { product_id: 1 } },
  'product-engagements': {
    uri: 'defectdojo://products/1/engagements?limit=1&offset=1',
    params: { product_id: 1, limit: 1, offset: 1 },
  },
  engagement: { uri: 'defectdojo://engagements/1', params: { engagement_id: 1 } },
  'engagement-tests': {
    uri: 'defectdojo://engagements/1/tests?offset=1',
    params: { engagement_id: 1, limit: 20, offset: 1 },
  },
  test: { uri: 'defectdojo://tests/1', params: { test_id: 1 } },
  'test-findings': {
    uri: 'defectdojo://tests/1/findings?limit=2',
    params: { test_id: 1, limit: 2, offset: 0 },
    findings: [1, 9],
  },
  finding: { uri: 'defectdojo://findings/2', params: { finding_id: 2 }, findings: [2] },
  'finding-notes': {
    uri: 'defectdojo://findings/3/notes?limit=5',
    params: { finding_id: 3, limit: 5, offset: 0 },
    findings: [3],
  },
}

/** Notes on a finding of the sandbox: `note 1` is the oldest. */
export function addNotes({ store }: Sandbox, findingId: number, count: number): void {
  const finding = store.findings.get(findingId)
  if (!finding) throw new Error(`no finding ${findingId}`)
  for (let number = 1; number <= count; number += 1) {
    store.addNote(finding, { entry: `note ${number}`, author: 1, private: number % 2 === 0 })
  }
}

/** The schema with nothing allowed that it does not name: a document must not grow unnoticed. */
function closed(schema: unknown): unknown {
  if (Array.isArray(schema)) return schema.map(closed)
  if (typeof schema !== 'object' || schema === null) return schema
  const entries = Object.entries(schema).map(([name, value]) => [name, closed(value)])
  return {
    ...Object.fromEntries(entries),
    ...('properties' in schema && { additionalProperties: false }),
  }
}

const ajv = new Ajv2020({ strict: false })

/** Checks documents of a resource against what its output looks like under `mode`. */
export const documentSchema = (resource: Resource, mode: WrappingMode): ValidateFunction =>
  ajv.compile(closed(createPresenter(resource.output, mode).outputSchema) as object)

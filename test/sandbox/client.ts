import type { FindingRecord } from '../../sandbox/records.js'
import { type Sandbox, type SandboxOptions, startSandbox } from '../../sandbox/server.js'

type Counts = Record<'active' | 'duplicate' | 'is_mitigated' | 'total' | 'verified', number>
type Table = Record<'info' | 'low' | 'medium' | 'high' | 'critical' | 'total', Counts>

/** The body of an answer: the fields that tests reach into, of whatever resource, and any others to compare. */
export interface Body {
  [field: string]: unknown
  id: number
  test: number
  count: number
  detail: string
  title: string
  display_status: string
  tags: string[]
  notes: Body[]
  results: Body[]
  prefetch: Record<string, Record<string, unknown>>
  statistics: {
    before: Table
    delta: Record<'created' | 'closed' | 'reactivated' | 'untouched', Table>
    after: Table
  }
}

/** An answer of the sandbox; `body` is its JSON, null at run time when there is none. */
export interface Answer {
  status: number
  headers: Headers
  text: string
  body: Body
}

export interface Client {
  sandbox: Sandbox
  get(path: string, user?: string): Promise<Answer>
  post(path: string, json?: unknown, user?: string): Promise<Answer>
  patch(path: string, json?: unknown, user?: string): Promise<Answer>
  send(method: string, path: string, init?: RequestInit): Promise<Answer>
  /** import-scan or reimport-scan with a Generic Findings Import report unless the form says otherwise. */
  scan(
    kind: 'import' | 'reimport',
    form: Record<string, string | string[]>,
    report: unknown,
    user?: string,
  ): Promise<Answer>
}

interface Lifetime {
  teardown(close: () => Promise<void>): void
}

/** A sandbox that ends with the test, and the few calls that tests make of it. */
export async function sandboxClient(
  t: Lifetime,
  options: Partial<SandboxOptions> = {},
): Promise<Client> {
  const sandbox = await startSandbox({ seed: 'empty', ...options })
  t.teardown(() => sandbox.close())
  const key = (user: string) => ({ authorization: `Token ${sandbox.keys[user]}` })

  async function send(method: string, path: string, init: RequestInit = {}): Promise<Answer> {
    const url = path.startsWith('/') ? sandbox.url + path : `${sandbox.url}/api/v2/${path}`
    const response = await fetch(url, {
      method,
      redirect: 'manual',
      headers: key('admin'),
      ...init,
    })
    const text = await response.text()
    const isJson = response.headers.get('content-type') === 'application/json' && text !== ''
    const body = (isJson ? JSON.parse(text) : null) as Body
    return { status: response.status, headers: response.headers, text, body }
  }

  const json =
    (method: string) =>
    (path: string, value?: unknown, user = 'admin'): Promise<Answer> =>
      send(method, path, {
        headers: { ...key(user), 'content-type': 'application/json' },
        ...(value === undefined ? {} : { body: JSON.stringify(value) }),
      })

  return {
    sandbox,
    send,
    get: (path, user = 'admin') => send('GET', path, { headers: key(user) }),
    post: json('POST'),
    patch: json('PATCH'),
    scan(kind, form, report, user = 'admin') {
      const body = new FormData()
      for (const [name, value] of Object.entries({
        scan_type: 'Generic Findings Import',
        ...form,
      })) {
        for (const one of [value].flat()) body.append(name, one)
      }
      const text = typeof report === 'string' ? report : JSON.stringify(report)
      body.set('file', new Blob([text]), 'report.json')
      return send('POST', `${kind}-scan/`, { headers: key(user), body })
    },
  }
}

/** A product, an engagement and a test, all with id 1, made directly in the store. */
export function furnish(sandbox: Sandbox): void {
  sandbox.store.createProduct({ name: 'Shop', description: 'The shop.' })
  sandbox.store.createEngagement({ product: 1, name: 'Release 1', target_start: '2026-01-01' })
  sandbox.store.createTest({ engagement: 1, test_type: 3, title: 'Manual review' })
}

/** A furnished sandbox with one finding, on a fixed day in 2026. */
export async function withFinding(t: Lifetime, values: Partial<FindingRecord> = {}) {
  const client = await sandboxClient(t, { clock: () => new Date('2026-06-15T12:00:00Z') })
  furnish(client.sandbox)
  const finding = client.sandbox.store.createFinding({
    test: 1,
    title: 'One',
    severity: 'High',
    ...values,
  })
  return { ...client, finding }
}

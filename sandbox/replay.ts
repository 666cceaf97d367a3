import { type Difference, differences } from './replay-compare.js'

/** One exchange with a real server, as the recordings keep it. */
export interface RecordedExchange {
  name: string
  request: {
    method: string
    /** With query. */
    path: string
    as: 'admin' | 'staff' | 'member' | 'plain' | 'none'
    json?: unknown
    multipart?: [name: string, value: string][]
    file?: { filename: string; content: string }
  }
  response: { status: number; headers: Record<string, string>; json?: unknown; text?: string }
}

/** What the sandbox answered to one exchange, and in what it differs from the recording. */
export interface ReplayedExchange {
  index: number
  exchange: RecordedExchange
  answered: Answered
  differences: Difference[]
}

export interface Answered {
  status: number
  headers: Record<string, string>
  /** Undefined when the body is no JSON. */
  json: unknown
}

/** What a replay needs to know of a sandbox. */
export interface ReplayTarget {
  url: string
  keys: Readonly<Record<string, string>>
}

/** Exchanges 0 to 3 differ only in the header, which is not recorded; their names tell what it was. */
const headersByName: Readonly<Record<string, string>> = {
  'auth: invalid token is 403': `Token ${'0'.repeat(40)}`,
  'auth: Bearer scheme is not understood': 'Bearer 0123456789',
  'auth: bare scheme': 'Token',
}

const unseen = (title: string, severity: string) => ({
  test: 9,
  title,
  severity,
  description: 'd',
  active: true,
  verified: false,
  numerical_severity: 'S0',
  found_by: [],
})

/** Requests of the walk that were sent and not recorded; later exchanges show what they made. */
const unrecorded: Readonly<Record<string, readonly object[]>> = {
  'finding list page 1 of 3': [
    unseen('Remote code execution in template engine', 'Critical'),
    unseen('Missing rate limit', 'Medium'),
    unseen('Verbose server banner', 'Low'),
    unseen('Server time in headers', 'Info'),
  ],
}

/** Sends all exchanges in order to a sandbox with the seed `recorded`. */
export async function replay(
  exchanges: readonly RecordedExchange[],
  target: ReplayTarget,
): Promise<ReplayedExchange[]> {
  const results: ReplayedExchange[] = []
  for (const [index, exchange] of exchanges.entries()) {
    for (const json of unrecorded[exchange.name] ?? []) {
      const request = { method: 'POST', path: '/api/v2/findings/', as: 'admin', json } as const
      await send({ ...exchange, request }, target)
    }
    const answered = await send(exchange, target)
    const found = differences(exchange.response, answered)
    results.push({ index, exchange, answered, differences: found })
  }
  return results
}

async function send(exchange: RecordedExchange, target: ReplayTarget): Promise<Answered> {
  const { request } = exchange
  const user = request.as === 'plain' ? 'stranger' : request.as
  const authorization =
    request.as === 'none' ? headersByName[exchange.name] : `Token ${target.keys[user]}`
  const body = bodyOf(request)
  const response = await fetch(target.url + request.path, {
    method: request.method,
    redirect: 'manual',
    headers: {
      ...(authorization === undefined ? {} : { authorization }),
      ...(typeof body === 'string' ? { 'content-type': 'application/json' } : {}),
    },
    ...(body === undefined ? {} : { body }),
  })
  const text = await response.text()
  const isJson = response.headers.get('content-type')?.startsWith('application/json') ?? false
  return {
    status: response.status,
    headers: Object.fromEntries(response.headers),
    json: isJson && text !== '' ? (JSON.parse(text) as unknown) : undefined,
  }
}

function bodyOf(request: RecordedExchange['request']): FormData | string | undefined {
  if (request.json !== undefined) return JSON.stringify(request.json)
  if (request.multipart === undefined) return undefined
  const form = new FormData()
  for (const [name, value] of request.multipart) form.append(name, value)
  if (request.file) form.set('file', new Blob([request.file.content]), request.file.filename)
  return form
}

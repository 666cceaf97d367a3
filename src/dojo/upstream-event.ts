import type { FailureReason } from './failures.js'

const resources = [
  'user_profile',
  'product_types',
  'products',
  'engagements',
  'tests',
  'test_types',
  'findings',
  'import-scan',
  'reimport-scan',
] as const

/** What a request was about: the first segment of its path, as one of a closed set, so that it may label a metric. */
export type UpstreamResource = (typeof resources)[number] | 'index' | 'other'

export type UpstreamMethod = 'GET' | 'POST' | 'PATCH' | 'PUT'

/** One request to DefectDojo, told when it has ended; every attempt of a repeated read is one. Never holds a key or an address. */
export interface UpstreamEvent {
  readonly method: UpstreamMethod
  readonly resource: UpstreamResource
  /** Relative to `/api/v2/`, without the query: words of ours and ids only. */
  readonly path: string
  /** HTTP status, or null when there was no whole answer. */
  readonly status: number | null
  /** Why the request failed; absent when it did not. */
  readonly failure?: FailureReason
  /** Milliseconds from handing the request over to the end of the answer. */
  readonly durationMs: number
  /** 1 for the first try. */
  readonly attempt: number
  /** Set when the same read is going to be sent again: the pause before it, in milliseconds. */
  readonly repeatAfterMs?: number
  readonly requestId: string
  /** DefectDojo's own words on a failure, at most 500 characters without our keys. For DEBUG logs and nowhere else. */
  readonly detail?: string
}

/** The closed name of what `path` is about. */
export function resourceOf(path: string): UpstreamResource {
  if (path === '') return 'index'
  const first = path.slice(0, path.indexOf('/'))
  return resources.find((resource) => resource === first) ?? 'other'
}

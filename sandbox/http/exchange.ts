import type { UserRecord } from '../records.js'
import type { Store } from '../store.js'

/** A file that came with a form. */
export interface UploadedFile {
  filename: string
  content: Buffer
}

/** A request body, read whole. `none` also stands for a body whose type DefectDojo would not look at. */
export type Body =
  | { kind: 'none' }
  | { kind: 'json'; value: unknown }
  | { kind: 'malformed' }
  /** JSON of more than 8 MiB, which breaks the server. */
  | { kind: 'oversize' }
  | { kind: 'form'; fields: Record<string, string[]>; files: Record<string, UploadedFile> }
  | { kind: 'unsupported'; mediaType: string }

/** The release that the sandbox plays; only what a client can see cheaply differs. */
export type Edition = '3.2.0' | '2.57.2' | '2.47'

/** One authenticated request on its way to a resource. */
export interface Exchange {
  store: Store
  user: UserRecord
  edition: Edition
  method: string
  /** The path's variable parts, in order. */
  params: string[]
  query: URLSearchParams
  body: Body
  /** `http://host:port` as the client addressed the server. */
  origin: string
  path: string
}

/** What a resource answers; without `json` there is no body. */
export interface Reply {
  status: number
  json?: unknown
  headers?: Record<string, string>
}

export type Handler = (x: Exchange) => Reply | Promise<Reply>
export type Method = 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE'

/** One path of the API below `/api/v2/`, `:` marking variable parts, and what can be done there. */
export interface Route {
  path: string
  methods: Partial<Record<Method, Handler>>
  /** Methods that are refused in words instead of with 405; they are not in `Allow`. */
  refuses?: Partial<Record<Method, (x: Exchange) => Error>>
}

export const ok = (json: unknown): Reply => ({ status: 200, json })
export const created = (json: unknown): Reply => ({ status: 201, json })
export const noContent = (): Reply => ({ status: 204 })

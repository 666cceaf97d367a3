import type { Edition } from './edition.js'

/** Query parameters; undefined ones are left out, booleans become `true`/`false`. */
export type Query = Readonly<Record<string, string | number | boolean | undefined>>

/** A file to upload, with the plain form fields beside it; a repeated field is an array. */
export interface Upload {
  readonly fields: Readonly<Record<string, string | readonly string[]>>
  readonly file: { readonly name: string; readonly content: Uint8Array }
}

/**
 * DefectDojo as one tool call sees it. Paths are relative to `/api/v2/`, end in a slash, and are built from checked integers only.
 * Every method resolves with the parsed body (`{}` for an empty one) and rejects with a {@link ToolError} and nothing else.
 * Reads, and whatever a call waits for, stop when the call is cancelled; so does a write as long as nothing of it has been sent.
 * From then on the call runs to its end.
 */
export interface DojoCall {
  get(path: string, query?: Query): Promise<unknown>
  post(path: string, body: unknown): Promise<unknown>
  patch(path: string, body: unknown): Promise<unknown>
  put(path: string, body: unknown): Promise<unknown>
  /** A multipart POST under the long time limit for imports; `onSent` is told how much of it has been sent. */
  upload(
    path: string,
    upload: Upload,
    onSent?: (bytes: number, total: number) => void,
  ): Promise<unknown>
  /** What this instance can do; asked once and remembered. */
  edition(): Promise<Edition>
  /** Runs `work` alone among all calls that change the same finding: DefectDojo loses a tag when two change at once. */
  exclusively<T>(findingId: number, work: () => Promise<T>): Promise<T>
}

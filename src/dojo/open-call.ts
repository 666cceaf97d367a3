import { ToolError } from '../errors.js'
import type { Credentials } from './credentials.js'
import type { DojoCall } from './dojo-call.js'
import type { Edition } from './edition.js'
import { DojoFailure, toToolError } from './failures.js'
import type { OneAtATime } from './one-at-a-time.js'
import { patiently } from './patience.js'
import { requestAddress } from './request-address.js'
import { formOf, type Requester, type RequestTerms } from './requester.js'
import type { UploadRoom } from './upload-room.js'
import type { UpstreamEvent, UpstreamMethod } from './upstream-event.js'

export interface OpenCallParts {
  readonly requestId: string
  readonly signal: AbortSignal
  readonly onFirstWrite?: () => void
  readonly observe?: (event: UpstreamEvent) => void
  readonly requester: Requester
  readonly credentials: Credentials
  readonly findings: OneAtATime<number>
  readonly uploads: UploadRoom
  readonly edition: (observe: OpenCallParts['observe']) => Promise<Edition>
  readonly now: () => number
  /** When the call must have ended, on the clock of `now`. */
  readonly deadline: number
  /** How long an upload may take, in milliseconds from its beginning. */
  readonly importTimeoutMs: number
}

/** DefectDojo for one call: its time, its cancellation, its first write, and its errors. */
export function openDojoCall(parts: OpenCallParts): DojoCall {
  const { requestId, requester, now } = parts
  let deadline = parts.deadline
  let timeVariable = 'DEFECTDOJO_TIMEOUT_SECONDS'
  /** True from the first byte of a write on: the call then runs to its end whatever the client does. */
  let wrote = false
  const stopping = new AbortController()
  const stop = (): void => {
    if (!wrote) stopping.abort()
  }
  if (parts.signal.aborted) stop()
  else parts.signal.addEventListener('abort', stop, { once: true })

  const terms = (): RequestTerms => ({
    requestId,
    deadline,
    signal: stopping.signal,
    observe: parts.observe,
  })

  function onSending(): void {
    if (wrote) return
    wrote = true
    parts.onFirstWrite?.()
  }

  async function guarded<T>(write: boolean, work: () => Promise<T>): Promise<T> {
    try {
      return await work()
    } catch (error) {
      if (error instanceof DojoFailure) {
        const keyVariable = parts.credentials.variable(write)
        throw toToolError(error, { requestId, write, keyVariable, timeVariable })
      }
      if (error instanceof ToolError) throw error
      // A path or parameter that is never sent: a mistake of ours.
      throw new ToolError('internal', `Internal error (request_id=${requestId})`, { cause: error })
    }
  }

  const write =
    (method: Exclude<UpstreamMethod, 'GET'>) =>
    (path: string, body: unknown): Promise<unknown> =>
      guarded(true, async () => {
        requestAddress(path)
        return requester.write(method, path, body, { ...terms(), onSending })
      })

  return {
    get: (path, query) => guarded(false, () => requester.read(path, query, terms())),
    post: write('POST'),
    patch: write('PATCH'),
    put: write('PUT'),

    upload: (path, upload, onSent) =>
      guarded(true, async () => {
        requestAddress(path)
        const leave = parts.uploads.take(upload.file.content.length)
        try {
          if (now() >= deadline) throw new DojoFailure('timeout', { delivered: false })
          deadline = Math.max(deadline, now() + parts.importTimeoutMs)
          timeVariable = 'DEFECTDOJO_IMPORT_TIMEOUT_SECONDS'
          const form = formOf(upload)
          return await requester.write('POST', path, form, { ...terms(), onSending, onSent })
        } finally {
          leave()
        }
      }),

    edition: () =>
      guarded(false, () =>
        patiently(parts.edition(parts.observe), deadline - now(), stopping.signal),
      ),

    exclusively: (findingId, work) =>
      parts.findings.run(findingId, work, (turn) =>
        guarded(false, () => patiently(turn, deadline - now(), stopping.signal)),
      ),
  }
}

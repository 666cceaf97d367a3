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
import type { UpstreamMethod } from './upstream-event.js'

export interface OpenCallParts {
  readonly requestId: string
  readonly signal: AbortSignal
  readonly beforeWrite?: () => void | Promise<void>
  readonly requester: Requester
  readonly credentials: Credentials
  readonly findings: OneAtATime<number>
  readonly uploads: UploadRoom
  readonly edition: () => Promise<Edition>
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
  /** Set at the first write; from then on the call runs to its end whatever the client does. */
  let begun: Promise<void> | undefined

  const terms = (): RequestTerms => ({
    requestId,
    deadline,
    signal: begun ? undefined : parts.signal,
  })

  function begin(): Promise<void> {
    if (begun) return begun
    if (parts.signal.aborted) throw new DojoFailure('cancelled', { delivered: false })
    if (now() >= deadline) throw new DojoFailure('timeout', { delivered: false })
    begun = Promise.resolve(parts.beforeWrite?.())
    return begun
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
      // A path or parameter that is never sent, or a fault of what was to happen before the write: a mistake of ours.
      throw new ToolError('internal', `Internal error (request_id=${requestId})`, { cause: error })
    }
  }

  const write =
    (method: Exclude<UpstreamMethod, 'GET'>) =>
    (path: string, body: unknown): Promise<unknown> =>
      guarded(true, async () => {
        requestAddress(path)
        await begin()
        return requester.write(method, path, body, terms())
      })

  return {
    get: (path, query) => guarded(false, () => requester.read(path, query, terms())),
    post: write('POST'),
    patch: write('PATCH'),
    put: write('PUT'),

    upload: (path, upload) =>
      guarded(true, async () => {
        requestAddress(path)
        const leave = parts.uploads.take(upload.file.content.length)
        try {
          const form = formOf(upload)
          await begin()
          deadline = Math.max(deadline, now() + parts.importTimeoutMs)
          timeVariable = 'DEFECTDOJO_IMPORT_TIMEOUT_SECONDS'
          return await requester.write('POST', path, form, terms())
        } finally {
          leave()
        }
      }),

    edition: () =>
      guarded(false, () => patiently(parts.edition(), deadline - now(), terms().signal)),

    exclusively: (findingId, work) =>
      parts.findings.run(findingId, work, (turn) =>
        guarded(false, () => patiently(turn, deadline - now(), terms().signal)),
      ),
  }
}

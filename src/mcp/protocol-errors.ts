import {
  ProtocolError,
  ProtocolErrorCode,
  ResourceNotFoundError,
} from '@modelcontextprotocol/server'
import { DojoFailure, isMissing } from '../dojo/failures.js'
import type { ToolError } from '../errors.js'
import { quoted } from '../guard/python-repr.js'
import type { CallResult } from '../pipeline/call.js'
import { errorFacts } from './results.js'

/** Codes that mean "ask differently" (2026-07-28 basic, error -32602); all others are the server's or DefectDojo's. */
const clientsFault: ReadonlySet<ToolError['code']> = new Set([
  'unknown_tool',
  'unknown_resource',
  'unknown_prompt',
  'unknown_reference',
  'permission_denied',
  'invalid_arguments',
  'content_refused',
])

/** The result of a call whose failures are JSON-RPC errors, as they are for everything but tools. */
export function resultOrThrow(result: CallResult): Record<string, unknown> {
  if (result.ok) return result.result
  const { error, requestId } = result
  throw new ProtocolError(
    clientsFault.has(error.code)
      ? ProtocolErrorCode.InvalidParams
      : ProtocolErrorCode.InternalError,
    error.message,
    errorFacts(error, requestId),
  )
}

/** The same for a resource: one that does not exist, here or at DefectDojo, is answered as the protocol says it. */
export function resourceOrThrow(uri: string, result: CallResult): Record<string, unknown> {
  if (!result.ok && isUnknown(result.error)) {
    // One that the caller may not read is as unknown as one that nobody can.
    const isOurs = result.error.code === 'unknown_resource'
    const message = isOurs ? `Unknown resource: ${quoted(uri)}` : result.error.message
    throw new ResourceNotFoundError(uri.slice(0, 512), message)
  }
  return resultOrThrow(result)
}

const isUnknown = ({ code, cause }: ToolError): boolean =>
  code === 'unknown_resource' || (cause instanceof DojoFailure && isMissing(cause))

import type { CallToolResult } from '@modelcontextprotocol/server'
import type { ToolError } from '../errors.js'
import type { CallResult } from '../pipeline/call.js'

/** The member of `_meta` that tells a program what the text tells a person. */
const errorMetaKey = 'mcp-defectdojo/error'

/** What a program is told of a failure besides its text. */
export const errorFacts = (error: ToolError, requestId: string) => ({
  code: error.code,
  request_id: requestId,
  ...(error.retryAfterSeconds !== undefined && {
    retry_after_seconds: error.retryAfterSeconds,
  }),
})

/**
 * The one place where a tool call's end becomes an MCP result. Success carries the object and, for older clients, the same object as
 * text. A failure has no `structuredContent`: SDK 1.x clients would check it against `outputSchema` and throw.
 */
export function toToolResult(result: CallResult): CallToolResult {
  if (result.ok) {
    return {
      content: [{ type: 'text', text: JSON.stringify(result.result) }],
      structuredContent: result.result,
    }
  }
  const { error, requestId } = result
  return {
    content: [{ type: 'text', text: error.message }],
    isError: true,
    _meta: { [errorMetaKey]: errorFacts(error, requestId) },
  }
}

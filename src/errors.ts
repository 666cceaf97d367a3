/** Why a call failed, as one of a closed set. It decides the audit record's outcome and travels to the client in `_meta`. */
export type ToolErrorCode =
  | 'unknown_tool'
  | 'unknown_resource'
  | 'unknown_prompt'
  | 'unknown_reference'
  | 'permission_denied'
  | 'state_refused'
  | 'invalid_arguments'
  | 'content_refused'
  | 'rate_limited'
  | 'upstream'
  | 'upstream_unreachable'
  | 'unknown_outcome'
  | 'audit_unavailable'
  | 'cancelled'
  | 'internal'

/** How a call ended, as the audit trail and the metrics name it (decisions, "what is audited"). */
export type Outcome =
  | 'success'
  | 'denied'
  | 'invalid'
  | 'rate_limited'
  | 'upstream_error'
  | 'unknown_outcome'
  | 'error'

const outcomes: Record<ToolErrorCode, Outcome> = {
  unknown_tool: 'denied',
  unknown_resource: 'denied',
  unknown_prompt: 'denied',
  unknown_reference: 'denied',
  permission_denied: 'denied',
  state_refused: 'denied',
  invalid_arguments: 'invalid',
  content_refused: 'invalid',
  rate_limited: 'rate_limited',
  upstream: 'upstream_error',
  upstream_unreachable: 'upstream_error',
  unknown_outcome: 'unknown_outcome',
  audit_unavailable: 'error',
  cancelled: 'error',
  internal: 'error',
}

export interface ToolErrorOptions extends ErrorOptions {
  /** Whole seconds after which the same call may succeed. */
  retryAfterSeconds?: number
}

/** `message` is ours, safe, and shown word for word; what happened upstream stays in `cause`, for the log. */
export class ToolError extends Error {
  override readonly name = 'ToolError'
  readonly retryAfterSeconds: number | undefined

  constructor(
    readonly code: ToolErrorCode,
    message: string,
    options: ToolErrorOptions = {},
  ) {
    super(message, options)
    this.retryAfterSeconds = options.retryAfterSeconds
  }

  /** What the audit record says of a call that ended in this error. */
  get outcome(): Outcome {
    return outcomes[this.code]
  }
}

/** The call's arguments are not acceptable; `message` names the argument. */
export const invalid = (message: string): ToolError => new ToolError('invalid_arguments', message)

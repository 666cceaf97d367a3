import type { ServerContext } from '@modelcontextprotocol/server'
import type { CallRequest } from '../pipeline/call-request.js'
import type { Exchange } from './identity.js'
import type { LogThreshold } from './log-threshold.js'

/** Everything about a call but what it asks for. */
export type IncomingCall = Omit<CallRequest, 'kind' | 'name' | 'arguments'>

/** How log messages name where they come from. */
const loggerName = 'mcp-defectdojo'

/** What is kept and repeated of a client's own words. */
const maxClientTextLength = 256

/** Who calls from where, as the exchange established it, and how to tell the client about the call while it runs. */
export function incomingCall(
  context: ServerContext,
  exchange: Exchange,
  logThreshold: LogThreshold,
): IncomingCall {
  const { caller, transport, clientAddress, sessionId } = exchange
  const meta: Record<string, unknown> = context.mcpReq._meta ?? {}
  return {
    caller,
    origin: {
      transport,
      clientAddress,
      sessionId,
      clientRequestId: clientText(context.mcpReq.id),
      callerId: clientText(meta.client_id) ?? 'anonymous',
    },
    signal: context.mcpReq.signal,
    progress: progressReporter(context),
    log: logSink(context, logThreshold),
  }
}

function clientText(value: unknown): string | null {
  if (typeof value !== 'string' && typeof value !== 'number') return null
  return String(value).slice(0, maxClientTextLength)
}

/** Sends `notifications/progress` when the client asked for them. */
function progressReporter({ mcpReq }: ServerContext): IncomingCall['progress'] {
  const progressToken: unknown = mcpReq._meta?.progressToken
  if (typeof progressToken !== 'string' && typeof progressToken !== 'number') return undefined
  // It would be sent back with every notification.
  if (String(progressToken).length > maxClientTextLength) return undefined
  return (progress, total, message) =>
    unheard(
      mcpReq.notify({
        method: 'notifications/progress',
        params: { progressToken, progress, message, ...(total !== undefined && { total }) },
      }),
    )
}

/** Sends `notifications/message` when the client takes any. */
function logSink(context: ServerContext, threshold: LogThreshold): IncomingCall['log'] {
  if (threshold(context) === undefined) return undefined
  return {
    get level() {
      return threshold(context) ?? 'emergency'
    },
    send: (level, data) => unheard(context.mcpReq.log(level, data, loggerName)),
  }
}

/** A client that is gone, or does not read, holds nothing up and breaks nothing. */
function unheard(sending: Promise<void>): void {
  sending.catch(() => {})
}

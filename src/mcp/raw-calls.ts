import {
  type JSONRPCNotification,
  type MessageExtraInfo,
  ProtocolError,
  ProtocolErrorCode,
  Server,
  type StandardSchemaV1,
} from '@modelcontextprotocol/server'
import { withoutNullReason } from './cancellations.js'

/** Methods that the SDK answers by itself; all that can be wrong with them are their parameters. */
const answeredBySdk: ReadonlySet<string> = new Set(['initialize', 'ping', 'server/discover'])

/** Methods whose every call is on record, also the one that is refused. */
const recorded: ReadonlySet<string> = new Set(['tools/call', 'resources/read', 'prompts/get'])

/**
 * The SDK's server, except for three things. What is called reaches its handler as it came: the SDK would refuse arguments that are no
 * object, or a `requestState` that is no text, before the pipeline has heard of the call, which would leave no record of it (decisions
 * D1). Bad parameters of what the SDK answers by itself are -32602, as they are everywhere else; it would call them an error of the
 * server. And a cancellation may say that it has no reason.
 */
export class RawCallServer extends Server {
  protected override _onnotification(
    notification: JSONRPCNotification,
    extra?: MessageExtraInfo,
  ): void {
    super._onnotification(withoutNullReason(notification), extra)
  }

  protected override _wrapHandler(
    ...[method, handler]: Parameters<Server['_wrapHandler']>
  ): ReturnType<Server['_wrapHandler']> {
    if (recorded.has(method)) return handler
    const wrapped = super._wrapHandler(method, handler)
    if (!answeredBySdk.has(method)) return wrapped
    return async (request, context) => {
      try {
        return await wrapped(request, context)
      } catch (error) {
        if (error instanceof ProtocolError) throw error
        throw new ProtocolError(ProtocolErrorCode.InvalidParams, `Invalid params for ${method}`)
      }
    }
  }
}

/** The members of `params`, of any type: the pipeline judges them. */
export type AnyParams = Readonly<Record<string, unknown>>

/** Takes the members of `params` for what they are, for every method whose calls are on record. */
export const anyParams: StandardSchemaV1<unknown, AnyParams> = {
  '~standard': {
    version: 1,
    vendor: 'mcp-defectdojo',
    validate: (value) => ({ value: value as AnyParams }),
  },
}

/** A name as the client gave it; nothing that is called so exists when it is no text. */
export const textOf = (value: unknown): string => (typeof value === 'string' ? value : '')

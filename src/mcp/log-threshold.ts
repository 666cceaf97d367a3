import {
  LOG_LEVEL_META_KEY,
  ProtocolError,
  ProtocolErrorCode,
  type Server,
  type ServerContext,
} from '@modelcontextprotocol/server'
import { isLogLevel, type LogLevel, logLevels } from '../log-level.js'
import { anyParams } from './raw-calls.js'

/** The mildest level of log messages that the client of a request wants; undefined when it wants none. */
export type LogThreshold = (context: ServerContext) => LogLevel | undefined

/**
 * What a 2025-era client hears that has set no level, where the choice is the server's: what it may have to act on, and nothing that
 * every call would bring along.
 */
const unasked: LogLevel = 'warning'

/**
 * Serves `logging/setLevel`, which holds for the session the server is made for; without a session there is nothing it could hold for. Since 2026-07-28 every request names its level
 * itself, and one that names none gets no message (server/utilities/logging).
 */
export function serveLogThreshold(
  server: Server,
  inSession: (context: ServerContext) => boolean,
): LogThreshold {
  let sessionLevel = unasked
  server.setRequestHandler('logging/setLevel', { params: anyParams }, ({ level }, context) => {
    if (!inSession(context)) {
      throw new ProtocolError(ProtocolErrorCode.MethodNotFound, 'A log level needs a session')
    }
    if (!isLogLevel(level)) {
      throw new ProtocolError(
        ProtocolErrorCode.InvalidParams,
        `level must be one of ${logLevels.join(', ')}`,
      )
    }
    sessionLevel = level
    return {}
  })

  return (context) => {
    const { mcpReq } = context
    if (mcpReq.envelope === undefined) return inSession(context) ? sessionLevel : undefined
    const level = (mcpReq.envelope as Record<string, unknown>)[LOG_LEVEL_META_KEY]
    return isLogLevel(level) ? level : undefined
  }
}

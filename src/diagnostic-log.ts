import { type DestinationStream, destination, type Logger, pino } from 'pino'
import { createRedactor } from './audit/redaction.js'
import type { Config } from './config/load.js'

const levels = {
  DEBUG: 'debug',
  INFO: 'info',
  WARNING: 'warn',
  ERROR: 'error',
  CRITICAL: 'fatal',
} as const

/**
 * Diagnostics of the process: JSON lines on stderr, marked `"stream":"diagnostic"` so that nobody takes them for the audit trail.
 * Every value of a line is redacted, because a secret can stand in any message or stack.
 */
export function createDiagnosticLog(
  config: Config,
  out: DestinationStream = destination({ fd: 2, sync: true }),
): Logger {
  const { redactValue } = createRedactor(config.secrets)
  return pino(
    { level: levels[config.LOG_LEVEL], base: { stream: 'diagnostic' } },
    { write: (line) => out.write(`${JSON.stringify(redactValue(JSON.parse(line)))}\n`) },
  )
}

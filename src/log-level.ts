/** How grave a log message to a client is, mildest first (RFC 5424, as the protocol has it). */
export const logLevels = [
  'debug',
  'info',
  'notice',
  'warning',
  'error',
  'critical',
  'alert',
  'emergency',
] as const
/** One of {@link logLevels}. */
export type LogLevel = (typeof logLevels)[number]

/** Whether `value` is one of {@link logLevels}. */
export const isLogLevel = (value: unknown): value is LogLevel =>
  logLevels.some((level) => level === value)

/** Whether who wants `threshold` and what is graver wants `level` too. */
export const reaches = (level: LogLevel, threshold: LogLevel): boolean =>
  logLevels.indexOf(level) >= logLevels.indexOf(threshold)

import type { AuditValue, Level } from '../audit/audit-log.js'

/** What start-up has to say without refusing to start; the audit plugin writes it into the trail once that is open. */
export interface Notice {
  readonly level: Extract<Level, 'INFO' | 'WARNING' | 'CRITICAL'>
  readonly event_type: 'security_warning' | 'lifecycle' | 'config_warning'
  /** One line; never holds a secret. */
  readonly message: string
  readonly fields?: Readonly<Record<string, AuditValue>>
}

/** A setting that works, but perhaps not as intended. */
export const configWarning = (message: string): Notice => ({
  level: 'WARNING',
  event_type: 'config_warning',
  message,
})

/** A setting that is allowed and dangerous. */
export const securityWarning = (
  level: 'WARNING' | 'CRITICAL',
  message: string,
  fields?: Notice['fields'],
): Notice => ({
  level,
  event_type: 'security_warning',
  message,
  ...(fields === undefined ? {} : { fields }),
})

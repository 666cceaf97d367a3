import type { AuditValue, Level } from './audit-log.js'
import { linkMac } from './chain.js'
import type { AuditKey } from './keys.js'
import type { PriorTrail } from './prior-trail.js'
import { eventTypes } from './records.js'
import type { ChainPart } from './retention.js'

/** A record that the trail writes about itself. */
export interface ChainEvent {
  readonly level: Level
  readonly message: string
  readonly fields: { readonly event_type: string; readonly [name: string]: AuditValue }
}

const lifecycle = eventTypes.lifecycle
/** As many characters of a MAC as records quote. */
const shortMac = (mac: string): string => mac.slice(0, 12)

/** What the start of a process says of the chain it begins or goes on with (behaviour spec §5.4). */
export function startEvents(prior: PriorTrail | null): ChainEvent[] {
  const status = prior?.status ?? 'no_prior_file'
  const resumption = prior?.resumption
  const events: ChainEvent[] = [
    {
      level: 'INFO',
      message: 'Audit chain start',
      fields: {
        event_type: lifecycle,
        chain_event: 'chain_start',
        resumed_from_prior: status === 'resumed',
        prior_chain_tail: prior?.claimedMac ? shortMac(prior.claimedMac) : null,
        prior_tail_status: status,
        // Our first record after a chain of the reference server: what it follows stands nowhere else.
        ...(resumption?.position.chainId === null && { previous_hmac: resumption.position.mac }),
        ...(prior?.break && {
          checkpoint_chain_id: prior.break.checkpointChainId,
          checkpoint_seq: prior.break.checkpointSeq,
        }),
      },
    },
  ]
  if (status === 'unreadable') {
    events.push({
      level: 'WARNING',
      message: 'Prior chain tail unreadable — starting fresh chain',
      fields: { event_type: lifecycle, chain_event: 'chain_start', prior_tail_status: status },
    })
  }
  if (status === 'unverifiable') {
    // Either the key was changed or somebody wrote to the file: worth a look in any case.
    events.push({
      level: 'WARNING',
      message: 'Prior chain tail was not made with this key — starting fresh chain',
      fields: { event_type: eventTypes.securityWarning, prior_tail_status: status },
    })
  }
  if (prior?.break) {
    events.push({
      level: 'CRITICAL',
      message: 'Audit records are missing that a checkpoint names — starting fresh chain',
      fields: {
        event_type: eventTypes.securityWarning,
        prior_tail_status: status,
        checkpoint_chain_id: prior.break.checkpointChainId,
        checkpoint_seq: prior.break.checkpointSeq,
      },
    })
  }
  if (prior?.torn) {
    events.push({
      level: 'WARNING',
      message: 'Torn record moved out of the audit file',
      fields: {
        event_type: lifecycle,
        chain_event: 'torn_tail_removed',
        torn_bytes: prior.torn.bytes,
        torn_sha256: prior.torn.sha256,
        moved_to: prior.torn.movedTo,
      },
    })
  }
  return events
}

/** The first record of a file: it says what it follows, so that the file can be verified without the one before. */
export const fileOpened = (
  cause: 'rotated' | 'replaced' | 'truncated' | 'resumed',
  previousMac: string,
  previousFile: string | null = null,
): ChainEvent => ({
  level: cause === 'truncated' ? 'WARNING' : 'INFO',
  message: 'Audit file opened',
  fields: {
    event_type: lifecycle,
    chain_event: 'file_opened',
    cause,
    previous_hmac: previousMac,
    previous_file: previousFile,
  },
})

/** The last record under a key: both keys vouch for the change. */
export const keyRotated = (newKey: AuditKey, previousMac: string): ChainEvent => ({
  level: 'INFO',
  message: 'Audit key changed',
  fields: {
    event_type: lifecycle,
    chain_event: 'key_rotated',
    new_key_id: newKey.id,
    new_key_hmac: linkMac(newKey.bytes, previousMac, newKey.id),
  },
})

export const segmentRemoved = (segment: string, part: ChainPart): ChainEvent => ({
  level: 'INFO',
  message: 'Audit file removed by retention',
  fields: {
    event_type: lifecycle,
    chain_event: 'segment_removed',
    file: segment,
    removed_chain_id: part.chainId,
    removed_from_seq: part.fromSeq,
    removed_to_seq: part.toSeq,
    last_hmac: part.lastMac,
  },
})

export const retentionFailed = (code: string): ChainEvent => ({
  level: 'ERROR',
  message: 'Old audit files cannot be removed',
  fields: { event_type: eventTypes.securityWarning, reason: code },
})

export const checkpointsFailed = (code: string): ChainEvent => ({
  level: 'ERROR',
  message: 'Audit checkpoints cannot be written',
  fields: { event_type: eventTypes.securityWarning, reason: code },
})

export const rotationFailed = (code: string): ChainEvent => ({
  level: 'ERROR',
  message: 'Audit file cannot be rotated',
  fields: { event_type: eventTypes.securityWarning, reason: code },
})

export const writerLockLost = (owner: string): ChainEvent => ({
  level: 'CRITICAL',
  message: 'Audit file is written by another process',
  fields: { event_type: eventTypes.securityWarning, owner },
})

export const fileFailed = (code: string): ChainEvent => ({
  level: 'CRITICAL',
  message: 'Audit file cannot be written',
  fields: { event_type: eventTypes.securityWarning, reason: code },
})

export const fileRecovered = (): ChainEvent => ({
  level: 'WARNING',
  message: 'Audit file can be written again',
  fields: { event_type: lifecycle, chain_event: 'file_recovered' },
})

/** What the file lacks cannot be bridged: a new chain begins, and says what it follows and how much is missing. */
export const recordsLost = (count: number, lastMacInFile: string | null): ChainEvent => ({
  level: 'ERROR',
  message: 'Audit chain start',
  fields: {
    event_type: lifecycle,
    chain_event: 'chain_start',
    resumed_from_prior: false,
    prior_chain_tail: lastMacInFile === null ? null : shortMac(lastMacInFile),
    prior_tail_status: 'records_lost',
    lost_records: count,
  },
})

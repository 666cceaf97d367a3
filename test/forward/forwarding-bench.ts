import { EventEmitter, once } from 'node:events'
import { join } from 'node:path'
import type { Test } from 'tap'
import { type AuditLogOptions, createAuditLog } from '../../src/audit/create-audit-log.js'
import type { AuditLine } from '../../src/audit/trail-sinks.js'
import { allTaken, DeliveryError, type Destination } from '../../src/forward/destination.js'
import { type ForwardingOptions, startForwarding } from '../../src/forward/start-forwarding.js'

export const key = 'an-audit-key-for-tests-only-0123456789'

/** A receiver within the test. */
export interface TestReceiver extends Destination {
  readonly lines: AuditLine[]
  /** Set: it takes nothing. */
  down: boolean
  /** Resolves when it has so many lines. */
  has(count: number): Promise<void>
}

export function testReceiver(label = 'relp://siem.example:2514'): TestReceiver {
  const arrivals = new EventEmitter()
  const lines: AuditLine[] = []
  return {
    name: 'syslog',
    label,
    where: { host: label },
    enabled: { message: 'Syslog forwarding enabled', fields: {} },
    batchSize: 50,
    batchBytes: 1_000_000,
    flushMilliseconds: 0,
    lines,
    down: false,
    async send(batch) {
      if (this.down) throw new DeliveryError('ECONNREFUSED')
      lines.push(...batch)
      arrivals.emit('lines')
      return allTaken
    },
    close: () => {},
    async has(count) {
      // The timers of a forwarder do not keep the process alive; a test that waits for it must.
      const awake = setInterval(() => {}, 1_000)
      while (lines.length < count) await once(arrivals, 'lines')
      clearInterval(awake)
    },
  }
}

/** A trail with its forwarding; `end` closes both in order, `kill` leaves the files as a kill would. */
export async function startTrail(
  t: Test,
  directory: string,
  receivers: readonly TestReceiver[],
  options: Partial<AuditLogOptions> & { forwarding?: ForwardingOptions } = {},
) {
  const file = join(directory, 'audit.jsonl')
  const { forwarding: forwardingOptions, ...auditOptions } = options
  const made: string[] = []
  const audit = await createAuditLog({
    key,
    file,
    failureMode: 'closed',
    secrets: [],
    stderr: (line) => made.push(line),
    ...auditOptions,
  })
  const forwarding = await startForwarding(audit, receivers, forwardingOptions)
  const write = (count: number, text = ''): void => {
    for (let at = 0; at < count; at++) {
      audit.event('INFO', 'x', { event_type: 'lifecycle', at, ...(text && { text }) })
    }
  }
  const end = async () => {
    await audit.close('lifespan_exit')
    return forwarding.close(2_000)
  }
  t.teardown(end)
  return { audit, forwarding, file, made, write, end }
}

export const seqs = (lines: readonly { seq: number }[]): number[] => lines.map(({ seq }) => seq)

export const textOf = ({ lines }: TestReceiver): string[] => lines.map(({ line }) => line)

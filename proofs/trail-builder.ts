import { randomUUID } from 'node:crypto'
import { type ChainPosition, createChain, linkMac, type SealedRecord } from '../src/audit/chain.js'
import type { CheckpointSigner } from '../src/audit/checkpoint-signer.js'
import { type CheckpointCause, createCheckpointSpan } from '../src/audit/checkpoint-span.js'
import { derivedKeyId } from '../src/audit/keys.js'
import { checkpointRecord, eventRecord, retentionClass } from '../src/audit/records.js'
import { segmentName } from '../src/audit/segments.js'
import type { TrailSource } from '../src/audit/verify/source.js'

type Fields = Parameters<typeof eventRecord>[3]

/** A trail in memory, made record by record, for the verifier's tests: with starts, segments, key changes, crashes. */
export interface TrailBuilder {
  /** A process begins, or goes on after one that ended. */
  start(): void
  record(fields?: Record<string, string | number | boolean>): void
  /** An intent and, unless told otherwise, its end. */
  change(ended?: boolean): void
  checkpoint(cause?: CheckpointCause): void
  rotate(): void
  rotateKey(key: string): void
  /** The process dies while it writes a record. */
  tear(bytes: number): void
  /** What a crash left is moved out of the file. */
  mend(): void
  /** Segments, the active one last. */
  files(): { readonly name: string; readonly bytes: Buffer }[]
  /** All lines of all segments, without line feeds. */
  lines(): string[]
  /** What was made since the last time, to be written to a file: a long trail does not stay in memory. */
  take(): { readonly lines: string[]; readonly checkpoints: string[] }
  /** Copies of the checkpoints, as beside the file. */
  checkpoints(): { readonly name: string; readonly bytes: Buffer }
}

const startTime = Date.parse('2026-01-02T03:04:05.678Z')
export const activeName = 'audit.jsonl'

export function buildTrail(key: string, signer?: CheckpointSigner): TrailBuilder {
  let keyBytes = Buffer.from(key)
  let time = startTime
  let chain = chainFrom({ chainId: randomUUID(), mac: '', seq: 0 })
  let started = false
  const span = createCheckpointSpan(null)
  const segments: { name: string; lines: string[] }[] = [{ name: activeName, lines: [] }]
  const copies: string[] = []
  let torn = ''

  function chainFrom(from: ChainPosition) {
    return createChain({ key: keyBytes, keyId: derivedKeyId(keyBytes), from })
  }

  const now = (): Date => {
    time += 1_000
    return new Date(time)
  }

  function keep(sealed: SealedRecord): void {
    segments.at(-1)?.lines.push(sealed.line)
  }

  function add(message: string, fields: Fields): void {
    const record = eventRecord(now(), 'INFO', message, fields)
    const sealed = chain.seal(record, retentionClass(fields.event_type))
    span.add(sealed)
    keep(sealed)
  }

  function checkpoint(cause: CheckpointCause = 'age'): void {
    const fields = span.fields()
    if (!fields) return
    const record = checkpointRecord(now(), {
      cause,
      ...fields,
      open_intents: [],
      ...(signer && { signing_key_id: signer.keyId }),
    })
    const sealed = chain.seal(record, 'security_audit', signer?.sign)
    span.closedBy(sealed.line)
    keep(sealed)
    copies.push(sealed.line)
  }

  const bytesOf = (lines: readonly string[]): Buffer =>
    Buffer.from(lines.map((line) => `${line}\n`).join(''))

  return {
    start() {
      add('Audit chain start', {
        event_type: 'lifecycle',
        chain_event: 'chain_start',
        resumed_from_prior: started,
        prior_chain_tail: started ? chain.position().mac.slice(0, 12) : null,
        prior_tail_status: started ? 'resumed' : 'no_prior_file',
      })
      started = true
    },

    record(fields = {}) {
      add('Something happened', { event_type: 'audit', text: 'é"\\ {"a": 1}', ...fields })
    },

    change(ended = true) {
      const identity = {
        tool_name: 'close_finding',
        request_id: randomUUID(),
        authenticated_caller_id: 'ci',
      }
      add('Tool call intended', { event_type: 'audit_intent', ...identity, durable: true })
      if (ended) {
        add('Tool call completed', { event_type: 'audit', ...identity, outcome: 'success' })
      }
    },

    checkpoint,

    rotate() {
      checkpoint('rotated')
      const { seq, mac } = chain.position()
      const closed = segments.at(-1)
      if (closed) closed.name = segmentName(activeName, now(), seq)
      segments.push({ name: activeName, lines: [] })
      add('Audit file opened', {
        event_type: 'lifecycle',
        chain_event: 'file_opened',
        cause: 'rotated',
        previous_hmac: mac,
        previous_file: closed?.name ?? null,
      })
    },

    rotateKey(next) {
      const bytes = Buffer.from(next)
      const id = derivedKeyId(bytes)
      add('Audit key changed', {
        event_type: 'lifecycle',
        chain_event: 'key_rotated',
        new_key_id: id,
        new_key_hmac: linkMac(bytes, chain.position().mac, id),
      })
      const position = chain.position()
      keyBytes = bytes
      chain = chainFrom(position)
    },

    tear(bytes) {
      torn = chainFrom(chain.position())
        .seal(eventRecord(now(), 'INFO', 'Cut off', { event_type: 'audit' }), 'security_audit')
        .line.slice(0, bytes)
    },

    mend() {
      torn = ''
    },

    files: () =>
      segments.map(({ name, lines }, at) => ({
        name,
        bytes:
          at === segments.length - 1
            ? Buffer.concat([bytesOf(lines), Buffer.from(torn)])
            : bytesOf(lines),
      })),
    lines: () => segments.flatMap(({ lines }) => lines),
    take: () => ({ lines: segments.at(-1)?.lines.splice(0) ?? [], checkpoints: copies.splice(0) }),
    checkpoints: () => ({ name: `${activeName}.checkpoints`, bytes: bytesOf(copies) }),
  }
}

export const sourceOf = (lines: readonly string[], name = activeName): TrailSource => ({
  name,
  bytes: Buffer.from(lines.map((line) => `${line}\n`).join('')),
})

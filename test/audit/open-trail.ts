import { copyFileSync, existsSync, mkdtempSync } from 'node:fs'
import { dirname, join } from 'node:path'
import type { Test } from 'tap'
import type { AuditedCall, AuditLog, CallEnd } from '../../src/audit/audit-log.js'
import { type AuditLogOptions, createAuditLog } from '../../src/audit/create-audit-log.js'
import { testDirectory } from '../helpers/test-directory.js'

export const key = 'an-audit-key-for-tests-only'
export const clock = () => new Date('2026-01-02T03:04:05.678Z')

export type Entry = Record<string, unknown>
/** The records of a log's text. */
export const entries = (text: string): Entry[] =>
  text
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line))

/** A trail in a directory of its own; timers run when the test says so. */
export async function openTrail(t: Test, options: Partial<AuditLogOptions> = {}) {
  const file = options.file ?? join(testDirectory(t), 'audit.log')
  const lines: string[] = []
  const timers: (() => void)[] = []
  const audit = await createAuditLog({
    key,
    file,
    failureMode: 'closed',
    secrets: [],
    clock,
    stderr: (line) => lines.push(line),
    after: (_milliseconds, callback) => timers.push(callback),
    ...options,
  })
  t.teardown(() => audit.close('test'))
  return { audit, file, lines, timers }
}

/** The files of a trail as a process that is killed now would leave them, under another directory. */
export function copyOf(file: string): string {
  const copy = join(mkdtempSync(join(dirname(file), 'copy-')), 'audit.log')
  for (const suffix of ['', '.checkpoints']) {
    if (existsSync(file + suffix)) copyFileSync(file + suffix, copy + suffix)
  }
  return copy
}

/** The same without a file. */
export async function openUnfiledTrail(t: Test, options: Partial<AuditLogOptions> = {}) {
  const lines: string[] = []
  const timers: (() => void)[] = []
  const audit = await createAuditLog({
    key,
    failureMode: 'closed',
    secrets: [],
    clock,
    stderr: (line) => lines.push(line),
    after: (_milliseconds, callback) => timers.push(callback),
    ...options,
  })
  t.teardown(() => audit.close('test'))
  return { audit, lines, timers }
}

/** A call of a mutating tool. */
export const call = (changes: Partial<AuditedCall> = {}): AuditedCall => ({
  toolName: 'close_finding',
  requestParams: { finding_id: 42 },
  findingsRead: { ids: [3, 7], count: 2 },
  identity: {
    requestId: '6d3f2b1c-0000-4000-8000-000000000001',
    callerId: 'anonymous',
    clientRequestId: '7',
    authenticatedCallerId: 'ci',
    callerRole: 'writer',
    transport: 'streamable-http',
    clientAddress: '192.0.2.7',
    sessionId: null,
  },
  ...changes,
})
export const success: CallEnd = { outcome: 'success', durationMs: 12.3456 }
export const denied: CallEnd = {
  outcome: 'denied',
  durationMs: 1,
  reason: 'unknown_tool',
  error: 'no',
}

/** Resolves when everything recorded so far is in the file. */
export const settled = async (audit: AuditLog): Promise<void> => {
  await audit.outcome(call(), success).catch(() => {})
}

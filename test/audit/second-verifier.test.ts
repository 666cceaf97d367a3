import { spawnSync } from 'node:child_process'
import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { buildTrail } from '../../proofs/trail-builder.js'
import { verifyTrail } from '../../src/audit/verify/verify-trail.js'
import { needs } from '../helpers/needs.js'
import { testDirectory } from '../helpers/test-directory.js'

// Thousands of trails are compared in proofs/a12-two-verifiers.ts.

const key = 'an-audit-key-for-tests-only'
const script = join(import.meta.dirname, '../../contrib/verify_audit.py')

/** A trail of two segments, and what may be done to the lines of the second. */
const changes: Record<string, (lines: string[]) => string[]> = {
  untouched: (lines) => lines,
  'cut off': (lines) => lines.slice(0, -2),
  'one removed': (lines) => lines.toSpliced(2, 1),
  'one twice': (lines) => lines.toSpliced(2, 0, lines[2] ?? ''),
  'two exchanged': (lines) => lines.with(1, lines[2] ?? '').with(2, lines[1] ?? ''),
  edited: (lines) => lines.with(3, (lines[3] ?? '').replace('INFO', 'NONE')),
  'another key id': (lines) => lines.map((line) => line.replace(/"key_id": "./, '"key_id": "g')),
  garbage: (lines) => lines.toSpliced(1, 0, 'garbage'),
}

t.test('the verifier in Python says the same', needs('python3'), async (t) => {
  const directory = testDirectory(t, { key })
  const keyFile = join(directory, 'key')

  for (const [name, change] of Object.entries(changes)) {
    const folder = join(directory, name.replaceAll(' ', '-'))
    mkdirSync(folder)
    const trail = buildTrail(key)
    trail.start()
    trail.change()
    trail.rotate()
    trail.change()
    trail.change(name !== 'untouched')
    trail.checkpoint('shutdown')
    for (const { name, bytes } of trail.files()) {
      const lines = bytes.toString().split('\n').slice(0, -1)
      const kept = name === 'audit.jsonl' ? change(lines) : lines
      writeFileSync(join(folder, name), kept.map((line) => `${line}\n`).join(''))
    }
    writeFileSync(join(folder, 'audit.jsonl.checkpoints'), trail.checkpoints().bytes)
    const file = join(folder, 'audit.jsonl')

    const ours = await verifyTrail({ files: [file], keys: [Buffer.from(key)] })
    const theirs = spawnSync('python3', [script, file, '--key-file', keyFile, '--json'])
    const report = JSON.parse(theirs.stdout.toString())

    t.equal(theirs.status, ours.exitCode, name)
    t.equal(report.verdict, ours.verdict)
    t.equal(report.problem?.line, ours.problem?.line)
    t.equal(report.problem?.seq, ours.problem?.seq)
  }
})

import { readFileSync } from 'node:fs'
import { type RecordedExchange, type ReplayedExchange, replay } from '../sandbox/replay.js'
import { startSandbox } from '../sandbox/server.js'
import { documentedOtherwise, knownDifferences } from './recordings-exceptions.js'
import { responseSchemas } from './response-schemas.js'
import { survey } from './survey.js'

/*
 * Replays exchanges recorded against a real DefectDojo 3.2.0 with the sandbox, and holds every success that it answers against the
 * OpenAPI document of that release. Usage: check-recordings RECORDINGS.json OPENAPI.json
 */
const floor = 0.95
const [recordingsFile, openapiFile] = process.argv.slice(2)
if (!recordingsFile || !openapiFile) {
  console.error('usage: check-recordings RECORDINGS.json OPENAPI.json')
  process.exit(2)
}

const read = (file: string) => JSON.parse(readFileSync(file, 'utf8')) as Record<string, unknown>
const exchanges = read(recordingsFile).exchanges as RecordedExchange[]
const schemas = responseSchemas(read(openapiFile))
let failures = 0
let passed = 0

/** The walk took place then; ages and SLA days come out as recorded only on that day. */
const walkedAt = Date.parse('2026-11-22T05:43:00.123Z')
const started = Date.now()
const sandbox = await startSandbox({
  seed: 'recorded',
  clock: () => new Date(walkedAt + Date.now() - started),
})
const results = await replay(exchanges, sandbox)
await sandbox.close()

let equal = 0
let valuesToo = 0
for (const result of results) {
  const wrong = result.differences.filter((found) => found.kind !== 'value')
  if (wrong.length === 0) {
    equal += 1
    passed += 1
    const other = result.differences.filter(unexpectedValue)
    if (other.length === 0) valuesToo += 1
    for (const { path, recorded, answered } of other) {
      console.log(`${label(result)} value ${path}: recorded ${recorded}, answered ${answered}`)
    }
    continue
  }
  const reason = knownDifferences[result.exchange.name]
  if (reason === undefined) failures += 1
  else passed += 1
  console.log(`${label(result)} differs: ${reason ?? 'UNNAMED'}`)
  for (const { kind, path, recorded, answered } of wrong.slice(0, 8)) {
    console.log(`    ${kind} ${path}: recorded ${recorded}, answered ${answered}`)
  }
}

let valid = 0
let unchecked = 0
for (const result of results) {
  const { status, json } = result.answered
  if (status < 200 || status > 299 || json === undefined) continue
  const { method, path } = result.exchange.request
  const { pathname } = new URL(path, 'http://localhost')
  const complaints = schemas.check(method, pathname, status, json)
  if (complaints === undefined) {
    unchecked += 1
    console.log(`${label(result)} is an answer that the document does not describe`)
    continue
  }
  const real = complaints.filter((text) => !isExcused(text, result.exchange.name))
  if (real.length === 0) {
    valid += 1
    passed += 1
    continue
  }
  failures += 1
  console.log(`${label(result)} is not valid against the document:`)
  for (const text of real.slice(0, 8)) console.log(`    ${text}`)
}
const surveyed = await survey(schemas)
for (const { path, complaints } of surveyed) {
  const real = complaints.filter((text) => !isExcused(text, ''))
  if (real.length === 0) {
    passed += 1
    continue
  }
  failures += 1
  console.log(`GET ${path} is not valid against the document:`)
  for (const text of real.slice(0, 8)) console.log(`    ${text}`)
}
for (const fault of sandbox.faults) {
  failures += 1
  console.log('the sandbox itself broke:', fault)
}

console.log(`${equal} of ${results.length} equal in status, headers, keys and JSON types`)
console.log(`${valuesToo} of them in every value too, ids, dates and texts of other rows aside`)
console.log(`${surveyed.length} more reads of the demo organisation held against the document`)
console.log(`${valid} successes valid against the document, ${unchecked} that it does not describe`)
if (documentedOtherwise.length > 0) console.log('the document is wrong here:')
for (const { matches, why } of documentedOtherwise) console.log(`    ${matches.source}: ${why}`)
if (equal < results.length * floor) {
  failures += 1
  console.log(`fewer than ${floor * 100} % are equal`)
}
console.log(`${passed} passed, ${failures} failed`)
process.exitCode = failures > 0 ? 1 : 0

function isExcused(text: string, exchange: string): boolean {
  return documentedOtherwise.some(
    ({ matches, only }) => matches.test(text) && (only === undefined || only.test(exchange)),
  )
}

function label(result: ReplayedExchange): string {
  return `[${result.index}] ${result.exchange.name}`
}

function unexpectedValue({
  kind,
  path,
  recorded,
  answered,
}: ReplayedExchange['differences'][number]) {
  if (kind !== 'value') return false
  if (/(^|[.\]])(next|previous|date_joined)$/.test(path)) return false
  const moment = /^"\d{4}-\d{2}-\d{2}/
  return !(moment.test(recorded) && moment.test(answered)) && !/dojo\.example/.test(recorded)
}

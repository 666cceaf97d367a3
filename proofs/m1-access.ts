import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { startSandbox } from '../sandbox/server.js'
import { type Role, rolePermissions, roles } from '../src/access/permissions.js'
import { tools } from '../src/tools/index.js'
import {
  type Ask,
  type CallerName,
  callers,
  createAccessWalks,
  mayUse,
  roleOf,
  toolsOf,
} from './access-walk.js'
import { type AuditRecord, recordsIn } from './audited-server.js'
import { choicesFrom } from './choices.js'
import { everyTool } from './every-tool.js'
import { everythingElse } from './everything-else.js'
import { startProof } from './measure.js'
import {
  enveloped,
  envelopeVersion,
  initialize,
  openSession,
  rpc,
  sessionVersions,
  usualHeaders,
  versionHeader,
} from './protocol-eras.js'
import { createRawClient, type RawClient } from './raw-client.js'
import { openSse, type SseClient } from './sse-client.js'
import { startStdio } from './stdio-client.js'
import { requestThrough, type Way, waysIn } from './ways-in.js'
import { startWholeService, type WholeService } from './whole-service.js'

// Access was checked in the newest handler only, and an older version header led round it (CVE-2026-11719). So: every caller, every
// tool, every resource, prompt and completion, in every revision that is served and in every one that a request could claim. All calls
// have arguments with which they would be carried out.

const proof = startProof('Each role may do what the table says, whatever revision it speaks')
const choices = choicesFrom(proof.random)
const walks = createAccessWalks(proof.short, choices)
const trail: AuditRecord[] = []
const badToken = 'proof-admin-0000000000000000000000000000'

checkTables()
await overStreamableHttp('on')
await overStreamableHttp('off')
await overSse()
await overStdio()
report()
proof.end()

function checkTables(): void {
  const same = tools.every(({ name, permission }) => {
    const row = everyTool.find(({ tool }) => tool === name)
    return (
      row !== undefined &&
      roles.every((role) => mayUse(role, row.from) === rolePermissions[role].has(permission))
    )
  })
  proof.check(
    'the table written out here is the one in force',
    same && tools.length === 24 && everyTool.length === 24,
    roles.map((role) => `${role} ${toolsOf(role).length}`).join(', '),
  )
}

async function overStreamableHttp(sessions: 'on' | 'off'): Promise<void> {
  const service = await startWholeService({ MCP_LEGACY_SESSIONS: sessions })
  const before = walks.unauthorised
  const client = createRawClient(service.base)
  const opened = new Map<string, string>()
  for (const way of waysIn.filter((each) => each.sessions === sessions)) {
    for (const caller of callersOf(way)) {
      const token = tokenOf(service, caller)
      const session = await sessionFor(way, caller, service, client, opened)
      const ask: Ask = async (id, method, params) => {
        const question = { id, method, params }
        const request = requestThrough(way, question, { token, session })
        const { status, messages } = await client.send(request)
        return { status, message: messages.find((message) => message.id === id) }
      }
      const status = roleOf(caller) === undefined ? 401 : way.expected
      await walks.walk({ service, era: way.era, caller, status, ask })
    }
  }
  client.close()
  await endOf(service, `sessions ${sessions}`, walks.unauthorised - before)
}

/** Where nobody is answered, two of them at a time do for the short form. */
function callersOf({ expected }: Way): readonly (typeof callers)[number][] {
  if (!proof.short || expected === 'served') return callers
  return [choices.pick(roles), choices.pick(['no token', 'a bad token'])]
}

function tokenOf({ tokens }: WholeService, caller: CallerName): string | undefined {
  const role = roleOf(caller)
  if (role !== undefined) return tokens[role]
  return caller === 'a bad token' ? badToken : undefined
}

/** Its own session; who can have none, and who shall be foreign, presents one of somebody greater. */
async function sessionFor(
  { session: version, foreign }: Way,
  caller: CallerName,
  { tokens }: WholeService,
  client: RawClient,
  opened: Map<string, string>,
): Promise<string | null> {
  if (version === undefined) return null
  const own = roleOf(caller) ?? 'admin'
  const owner = foreign !== true ? own : own === 'admin' ? 'writer' : 'admin'
  const key = `${owner} ${version}`
  const session = opened.get(key) ?? (await openSession(client, tokens[owner], version))
  opened.set(key, session)
  return session
}

async function overSse(): Promise<void> {
  const service = await startWholeService({ MCP_TRANSPORT: 'sse' })
  const before = walks.unauthorised
  const admin = await openSse(service.base, usualHeaders(service.tokens.admin))
  for (const version of sessionVersions) {
    for (const caller of callers) await throughStream(service, admin, version, caller)
  }
  let turnedAway = 0
  for (const token of [undefined, badToken]) {
    const refusal = await openSse(service.base, usualHeaders(token)).then(
      () => 'a stream',
      (error: Error) => error.message,
    )
    if (refusal === 'no stream: 401') turnedAway += 1
    else walks.wrong.push(`HTTP+SSE with ${token}: ${refusal}`)
  }
  admin.close()
  await endOf(service, 'HTTP+SSE', walks.unauthorised - before + turnedAway)
}

async function throughStream(
  service: WholeService,
  admin: SseClient,
  version: string,
  caller: CallerName,
): Promise<void> {
  const token = tokenOf(service, caller)
  const headers = [...usualHeaders(token), ...versionHeader(version)]
  const era = `${version} over HTTP+SSE`
  if (roleOf(caller) === undefined) {
    const ask: Ask = (id, method, params) => admin.ask(rpc(id, method, params), headers)
    await walks.walk({ service, era, caller, status: 401, ask })
    return
  }
  const own = await openSse(service.base, usualHeaders(token))
  await own.ask(initialize(version), headers)
  const ask: Ask = (id, method, params) => own.ask(rpc(id, method, params), headers)
  await walks.walk({ service, era, caller, status: 'served', ask })
  if (!proof.short) {
    const enveloping: Ask = (id, method, params) => own.ask(enveloped(id, method, params), headers)
    const inside = `${envelopeVersion} over HTTP+SSE, in a session of ${version}`
    await walks.walk({ service, era: inside, caller, status: 'served', ask: enveloping })
  }
  if (caller !== 'admin') {
    const foreign: Ask = async (id, method, params) => {
      const { status } = await admin.post(JSON.stringify(rpc(id, method, params)), headers)
      return { status, message: undefined }
    }
    const where = "HTTP+SSE in another caller's session"
    await walks.walk({ service, era: where, caller, status: 404, ask: foreign })
  }
  own.close()
}

/** A process each, two at a time; the newest revision has no `initialize`, so what comes first decides. */
async function overStdio(): Promise<void> {
  const versions = [...sessionVersions, envelopeVersion]
  const jobs = ([...roles, 'everybody'] as const).flatMap((caller) =>
    versions.map((version) => ({ caller, version })),
  )
  // Starting a process is what takes long, so the short form starts two.
  if (proof.short) {
    const narrowed = jobs.filter(({ caller }) => caller !== 'admin' && caller !== 'everybody')
    const all = jobs.filter(({ caller }) => caller === 'everybody')
    jobs.splice(0, jobs.length, choices.pick(narrowed), choices.pick(all))
  }
  const work = async (): Promise<void> => {
    for (let job = jobs.pop(); job !== undefined; job = jobs.pop()) {
      await throughProcess(job.caller, job.version)
    }
  }
  await Promise.all([work(), work()])
}

async function throughProcess(caller: Role | 'everybody', version: string): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), 'mcp-defectdojo-m1-'))
  const auditFile = join(folder, 'audit.jsonl')
  const sandbox = await startSandbox({ seed: 'recorded' })
  const child = startStdio({
    HOME: folder,
    DEFECTDOJO_URL: sandbox.url,
    DEFECTDOJO_API_KEY: sandbox.apiKey,
    ALLOW_INSECURE_HTTP: 'true',
    MUTATION_RATE_LIMIT: '1000000',
    AUDIT_LOG_FILE: auditFile,
    ...(caller !== 'everybody' && { MCP_STDIO_ROLE: caller }),
  })
  try {
    const modern = version === envelopeVersion
    if (!modern) await child.ask(initialize(version))
    const service = { look: () => ({ asked: sandbox.requests.splice(0), ends: [] }) }
    const ask: Ask = async (id, method, params) => {
      const message = await child.ask((modern ? enveloped : rpc)(id, method, params))
      return { status: 200, message }
    }
    await walks.walk({ service, era: `${version} over stdio`, caller, status: 'served', ask })
    const status = await child.close()
    if (status !== 0) walks.wrong.push(`${version} over stdio, ${caller}: exit ${status}`)
    trail.push(...recordsIn(auditFile))
  } finally {
    await sandbox.close()
    rmSync(folder, { recursive: true, force: true })
  }
}

async function endOf(service: WholeService, what: string, unauthorised: number): Promise<void> {
  const records = await service.close()
  trail.push(...records)
  const failures = records.filter(({ event_type }) => event_type === 'auth_failure')
  const counted = failures.reduce((sum, { count }) => sum + Number(count ?? 1), 0)
  proof.check(
    `${what}: each request without a good token is in the trail, and nothing broke`,
    counted === unauthorised && service.faults.length === 0,
    `${counted} of ${unauthorised}, ${service.faults.length} faults`,
  )
}

function report(): void {
  walks.compare(trail)
  const { cells, perEra, wrong, strays } = walks
  const of = (expected: string) => cells.filter((cell) => cell.expected === expected)
  const ofTools = [...perEra.values()].reduce((sum, count) => sum + count, 0)
  for (const [era, count] of perEra) proof.note(`${era}: ${count} cells`)
  proof.check('there are at least 960 cells of tools', ofTools >= 960, ofTools)
  proof.check(
    'every cell, listed or called, is as the table says, answered and recorded',
    wrong.length === 0,
    [`${wrong.length} wrong`, ...wrong.slice(0, 8)].join('\n         '),
  )
  const used = new Set(of('carried out').map(({ recorded }) => recorded))
  proof.check(
    'each tool was carried out for somebody, as was whatever there is besides',
    everyTool.every(({ tool }) => used.has(tool)) &&
      everythingElse.every(({ recorded }) => used.has(recorded)),
    `${of('carried out').length} calls, ${everyTool.length} tools and ${everythingElse.length} others`,
  )
  const deniedCells = of('denied').length
  proof.check(
    'nothing that is denied or refused reaches DefectDojo',
    strays === 0 && deniedCells > 0,
    `${strays} requests on ${deniedCells} calls denied by role and ${cells.length - deniedCells - of('carried out').length} refused`,
  )
}

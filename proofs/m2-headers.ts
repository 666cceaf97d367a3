import { choicesFrom } from './choices.js'
import { everythingElse } from './everything-else.js'
import { type Lie, routingLies, truths, versionLies } from './header-table.js'
import { startProof } from './measure.js'
import {
  enveloped,
  envelopeVersion,
  initialize,
  openSession,
  type Params,
  rpc,
  type SessionVersion,
  sessionHeader,
  sessionVersions,
  usualHeaders,
  versionHeader,
} from './protocol-eras.js'
import { createRawClient, type RawAnswer, type RawHeaders } from './raw-client.js'
import { openSse } from './sse-client.js'
import { startWholeService, type WholeService } from './whole-service.js'

// A proxy decides by the headers, the server by the body: where they disagree, somebody was deceived. So a header that says anything
// but what the body says is refused in every revision, and one that says it in another spelling is taken.

const proof = startProof('Headers that do not say what the body says are refused everywhere')
const choices = choicesFrom(proof.random)

/** A question, and what a header could say instead of what it asks. */
interface Question {
  readonly method: string
  readonly params: Params
  readonly otherMethod: string
  /** What `Mcp-Name` repeats, and another such; absent where there is nothing to repeat. */
  readonly name?: readonly [truth: string, other: string]
}

/** The last there is of a kind: of resources and completions, one that asks DefectDojo. */
const paramsOf = (method: string): Params => {
  const row = everythingElse.filter((each) => each.method === method).at(-1)
  if (row === undefined) throw new Error(`nothing to ask for with ${method}`)
  return row.params
}
const [resource, prompt] = [paramsOf('resources/read'), paramsOf('prompts/get')]
/** Whoever only may read is let through by a proxy that believes the other name. */
const questions: readonly Question[] = [
  {
    method: 'tools/call',
    params: { name: 'add_finding_note', arguments: { finding_id: 1, entry: 'Seen.' } },
    otherMethod: 'tools/list',
    name: ['add_finding_note', 'list_products'],
  },
  {
    method: 'resources/read',
    params: resource,
    otherMethod: 'resources/list',
    name: [String(resource.uri), 'defectdojo://instance'],
  },
  {
    method: 'prompts/get',
    params: prompt,
    otherMethod: 'prompts/list',
    name: [String(prompt.name), 'another_prompt'],
  },
  {
    method: 'completion/complete',
    params: paramsOf('completion/complete'),
    otherMethod: 'tools/list',
  },
]

interface Era {
  readonly name: string
  /** What the header has to say; null where nothing binds it. */
  readonly version: string | null
  /** The version a client of this revision could be thought to speak instead. */
  readonly otherVersion: string
  readonly routed: boolean
  send(question: Question, headers: RawHeaders): Promise<RawAnswer>
  /** Sends it without any version, beside the headers given. */
  readonly versionless: RawHeaders
}

interface Case {
  readonly what: string
  readonly status: number
  readonly code: number | undefined
  readonly asked: number
  readonly ends: number
}

const refused: Case[] = []
const wrong: string[] = []
const perEra = new Map<string, number>()
let agreed = 0
/** The older revisions are served by the same lines, so the short form takes some of them. */
const first = choices.below(sessionVersions.length)
const versions = proof.short
  ? [first, first + 2].map(
      (index) => sessionVersions[index % sessionVersions.length] ?? '2024-11-05',
    )
  : sessionVersions

await withSessions()
await withoutSessions()
await overSse()
report()
proof.end()

async function withSessions(): Promise<void> {
  const service = await startWholeService()
  const client = createRawClient(service.base)
  const token = service.tokens.admin
  await lieIn(service, {
    name: envelopeVersion,
    version: envelopeVersion,
    otherVersion: '2025-11-25',
    routed: true,
    versionless: usualHeaders(token),
    send: ({ method, params }, headers) =>
      client.send({ path: '/mcp', headers, body: JSON.stringify(enveloped(1, method, params)) }),
  })
  for (const version of versions) {
    const session = await openSession(client, token, version)
    await lieIn(service, {
      name: `${version} in a session`,
      version,
      otherVersion: other(version),
      routed: false,
      versionless: [...usualHeaders(token), ...sessionHeader(session)],
      send: ({ method, params }, headers) =>
        client.send({ path: '/mcp', headers, body: JSON.stringify(rpc(1, method, params)) }),
    })
  }
  await nothingToCompare(service)
  client.close()
  await service.close()
}

function other(version: SessionVersion): string {
  return choices.pick(sessionVersions.filter((each) => each !== version))
}

async function withoutSessions(): Promise<void> {
  const service = await startWholeService({ MCP_LEGACY_SESSIONS: 'off' })
  const client = createRawClient(service.base)
  for (const version of versions) {
    await lieIn(service, {
      name: `${version} without sessions`,
      version,
      // Every older revision may be named here: there is nothing that it could contradict.
      otherVersion: '1999-01-01',
      routed: false,
      versionless: usualHeaders(service.tokens.admin),
      send: ({ method, params }, headers) =>
        client.send({ path: '/mcp', headers, body: JSON.stringify(rpc(1, method, params)) }),
    })
  }
  client.close()
  await service.close()
}

async function overSse(): Promise<void> {
  const service = await startWholeService({ MCP_TRANSPORT: 'sse' })
  const headers = usualHeaders(service.tokens.admin)
  const stream = await openSse(service.base, headers)
  await stream.ask(initialize('2024-11-05'), headers)
  let id = 0
  await lieIn(service, {
    name: 'HTTP+SSE',
    // The transport is older than the header.
    version: null,
    otherVersion: '',
    routed: false,
    versionless: headers,
    async send({ method, params }, more) {
      const message = rpc(++id, method, params)
      const { status, message: answer } = await stream.ask(message, more)
      const messages = answer === undefined ? [] : [answer]
      return { status: status === 202 ? 200 : status, headers: {}, body: '', messages }
    },
  })
  stream.close()
  await service.close()
}

async function lieIn(service: WholeService, era: Era): Promise<void> {
  const own = era.version === null ? [] : versionHeader(era.version)
  for (const question of questions) {
    const { method, otherMethod, name } = question
    const routing: Record<string, RawHeaders> = {
      'Mcp-Method': [['Mcp-Method', method]],
      'Mcp-Name': name === undefined ? [] : [['Mcp-Name', name[0]]],
    }
    const sayings = [
      ...sayingsOf('Mcp-Method', [method, otherMethod]),
      ...(name === undefined ? [] : sayingsOf('Mcp-Name', name)),
    ]
    for (const { header, what, lines, lies } of sayings) {
      const rest = Object.entries(routing).flatMap(([each, line]) =>
        era.routed && each !== header ? line : [],
      )
      const headers = [...era.versionless, ...own, ...rest, ...lines]
      const told = `${era.name}, ${method}: ${header} says ${what}`
      await tell(service, era, question, headers, told, lies ? 'routing' : 'truth')
    }
    const before = [...era.versionless, ...(era.routed ? Object.values(routing).flat() : [])]
    if (era.version !== null) {
      for (const { what, says } of versionLies) {
        const lines = says(era.version, era.otherVersion).flatMap(versionHeader)
        const told = `${era.name}, ${method}: MCP-Protocol-Version says ${what}`
        await tell(service, era, question, [...before, ...lines], told, 'version')
      }
    }
    await tell(service, era, question, [...before, ...own], `${era.name}, ${method}`, 'truth')
  }
}

function sayingsOf(header: 'Mcp-Method' | 'Mcp-Name', [truth, other]: readonly [string, string]) {
  const lines = ({ says }: Lie): RawHeaders =>
    says(truth, other).map((value) => [header, value] as const)
  return [
    ...routingLies[header].map((lie) => ({
      ...{ header, what: lie.what, lines: lines(lie), lies: true },
    })),
    ...truths[header].map((lie) => ({
      ...{ header, what: `it ${lie.what}`, lines: lines(lie), lies: false },
    })),
  ]
}

async function tell(
  service: WholeService,
  era: Era,
  question: Question,
  headers: RawHeaders,
  what: string,
  kind: 'routing' | 'version' | 'truth',
): Promise<void> {
  service.look()
  const { status, messages } = await era.send(question, headers)
  const { asked, ends } = service.look()
  const answer = messages.find(({ result, error }) => result !== undefined || error !== undefined)
  const code = answer?.error?.code
  const found: Case = { what, status, code, asked: asked.length, ends: ends.length }
  if (kind === 'truth') {
    agreed += 1
    const carriedOut = status === 200 && ends.length === 1 && ends[0]?.outcome === 'success'
    const reached = question.method !== 'tools/call' || asked.length > 0
    if (!carriedOut || !reached) wrong.push(`${what}: not carried out, ${JSON.stringify(found)}`)
    return
  }
  perEra.set(era.name, (perEra.get(era.name) ?? 0) + 1)
  refused.push(found)
  // Two headers of one name are refused before it is known what protocol this is.
  const repeats = /twice|two values/.test(what)
  const coded = kind === 'version' || repeats || era.version === null || code === -32020
  if (status !== 400 || !coded || asked.length + ends.length > 0) {
    wrong.push(`${what}: ${JSON.stringify(found)}`)
  }
}

/** A header that names a tool, and a body that names none: there is no telling whether they agree. */
async function nothingToCompare(service: WholeService): Promise<void> {
  const client = createRawClient(service.base)
  const names = [undefined, null, 5, true, ['add_finding_note'], { name: 'add_finding_note' }, '']
  let asked = 0
  let succeeded = 0
  for (const name of names) {
    const params = { name, arguments: { finding_id: 1, entry: 'Seen.' } }
    service.look()
    const { messages } = await client.send({
      path: '/mcp',
      headers: [
        ...usualHeaders(service.tokens.admin),
        ...versionHeader(envelopeVersion),
        ...[['Mcp-Method', 'tools/call'] as const, ['Mcp-Name', 'add_finding_note'] as const],
      ],
      body: JSON.stringify(enveloped(1, 'tools/call', params)),
    })
    asked += service.look().asked.length
    succeeded += messages.filter(({ result }) => result && result.isError !== true).length
  }
  client.close()
  proof.check(
    'a body that names nothing is not completed from the header',
    asked === 0 && succeeded === 0,
    `${names.length} bodies, ${asked} requests`,
  )
}

function report(): void {
  for (const [era, count] of perEra) proof.note(`${era}: ${count} lies`)
  proof.check('at least 60 cases', refused.length >= 60, refused.length)
  proof.check(
    'each is answered 400, and what the protocol has a code for with -32020',
    wrong.length === 0,
    [`${refused.length} lies, ${agreed} truths, ${wrong.length} wrong`, ...wrong.slice(0, 10)].join(
      '\n         ',
    ),
  )
  const executed = refused.filter(({ asked, ends }) => asked + ends > 0)
  proof.check('and nothing of it is carried out', executed.length === 0, executed.length)
  proof.check('what agrees, however it is spelled, is carried out', agreed > 60, agreed)
}

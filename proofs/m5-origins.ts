import { startProof } from './measure.js'
import { type OriginRow, originRows, type SetupName, setups, type Verdict } from './origin-table.js'
import {
  enveloped,
  envelopeHeaders,
  initialize,
  rpc,
  sessionHeader,
  usualHeaders,
} from './protocol-eras.js'
import { createRawClient, type RawAnswer, type RawClient, type RawHeaders } from './raw-client.js'
import { openSse } from './sse-client.js'
import { startWholeService, type WholeService } from './whole-service.js'

// A page that a user merely visits can send requests to this service, and can make its own name lead here (DNS rebinding). It can
// neither leave out `Origin` nor forge `Host`. What each of them decides stands in the table, written by hand.

const proof = startProof(
  'Host and Origin let in whom the table says, on every method and transport',
)

const refusals: Readonly<Record<Exclude<Verdict, 'in'>, readonly [status: number, error: string]>> =
  {
    'no host': [400, 'invalid_host'],
    host: [403, 'host_not_allowed'],
    origin: [403, 'origin_not_allowed'],
    twice: [400, 'repeated_header'],
  }

const note = {
  name: 'add_finding_note',
  arguments: { finding_id: 1, entry: 'Sent from somewhere.' },
}
const probes = ['/livez', '/readyz', '/health', '/metrics', '/']

const wrong: string[] = []
const shared: string[] = []
let requests = 0
let turnedAway = 0
let carriedOut = 0
let strays = 0

for (const setup of Object.keys(setups) as SetupName[]) {
  const rows = originRows.filter(([name]) => name === setup)
  await overStreamableHttp(setup, rows)
  await overSse(setup, rows)
}
await probesAndTargets()
report()
proof.end()

function headersOf([, , origin, , more = []]: OriginRow): RawHeaders {
  return [...(origin === null ? [] : [['Origin', origin] as const]), ...more]
}

/** Compares one answer with the row's verdict; `done` is what tells that it was carried out. */
function judge(row: OriginRow, what: string, answer: RawAnswer, done: boolean, ran: number): void {
  const [setup, host, origin, verdict] = row
  requests += 1
  if (Object.keys(answer.headers).some((name) => name.startsWith('access-control-'))) {
    shared.push(`${setup}, ${what}`)
  }
  const where = `${setup}: Host ${host}, Origin ${origin}, ${what}: ${answer.status}`
  if (verdict === 'in') {
    if (done) carriedOut += 1
    else wrong.push(`${where} ${answer.body.slice(0, 120)}`)
    return
  }
  turnedAway += 1
  strays += ran
  const [status, error] = refusals[verdict]
  // Without any Host, Node itself answers.
  const said = host === null || answer.body === '' || answer.body.includes(`"${error}"`)
  if (answer.status !== status || !said || done) {
    wrong.push(`${where} ${answer.body.slice(0, 120)}`)
  }
}

async function overStreamableHttp(setup: SetupName, rows: readonly OriginRow[]): Promise<void> {
  const { env, tokens, home } = setups[setup]
  const service = await startWholeService(env)
  const client = createRawClient(service.base)
  const usual = usualHeaders(tokens ? service.tokens.admin : undefined)
  let session = await sessionAtHome(client, usual, home)
  for (const row of rows) {
    const [, host, , verdict] = row
    const headers = [...usual, ...headersOf(row)]
    const inSession = [...headers, ...sessionHeader(session)]
    const at = { path: '/mcp', host }
    const send = async (what: string, request: Parameters<RawClient['send']>[0]) => {
      service.look()
      const answer = await client.send(request)
      await service.settled()
      const { asked, ends } = service.look()
      const ran = asked.length + ends.length
      const called = ran > 0 && answer.status === 200
      const done = what.startsWith('call') ? called : answer.status === 200
      judge(row, what, answer, done, ran)
    }
    await send('call', {
      ...at,
      headers: [...headers, ...envelopeHeaders('tools/call', note)],
      body: JSON.stringify(enveloped(1, 'tools/call', note)),
    })
    await send('initialize', { ...at, headers, body: JSON.stringify(initialize('2025-11-25')) })
    await send('call in a session', {
      ...{ ...at, headers: inSession, body: JSON.stringify(rpc(1, 'tools/call', note)) },
    })
    await send('GET', { ...at, method: 'GET', headers: inSession, headOnly: true })
    await send('DELETE', { ...at, method: 'DELETE', headers: inSession })
    const ping = await client.send({
      ...{ path: '/mcp', host: home, headers: [...usual, ...sessionHeader(session)] },
      body: JSON.stringify(rpc(2, 'ping')),
    })
    // Who was turned away cannot have ended anybody's session; who was let in has.
    if (ping.status !== (verdict === 'in' ? 404 : 200)) wrong.push(`${row.join()}: ${ping.status}`)
    if (ping.status === 404) session = await sessionAtHome(client, usual, home)
  }
  client.close()
  await service.close()
}

async function sessionAtHome(client: RawClient, headers: RawHeaders, host: string) {
  const answer = await client.send({
    ...{ path: '/mcp', host, headers },
    body: JSON.stringify(initialize('2025-11-25')),
  })
  return String(answer.headers['mcp-session-id'])
}

async function overSse(setup: SetupName, rows: readonly OriginRow[]): Promise<void> {
  const { env, tokens, home } = setups[setup]
  const service = await startWholeService({ ...env, MCP_TRANSPORT: 'sse' })
  const client = createRawClient(service.base)
  const usual = usualHeaders(tokens ? service.tokens.admin : undefined)
  const stream = await openSse(service.base, usual, home)
  for (const row of rows) {
    const host = row[1]
    const headers = [...usual, ...headersOf(row)]
    const opened = await client.send({
      ...{ path: '/sse', method: 'GET', host, headers, headOnly: true },
    })
    judge(row, 'GET /sse', opened, opened.status === 200, 0)
    service.look()
    const body = JSON.stringify(rpc(requests, 'tools/call', note))
    const posted = await client.send({ path: stream.path, host, headers, body })
    await delivered(service, posted.status)
    const { asked, ends } = service.look()
    const done = posted.status === 202 && asked.length > 0
    judge(row, 'POST /messages/', posted, done, asked.length + ends.length)
  }
  stream.close()
  client.close()
  await service.close()
}

/** What was taken is carried out behind the answer. */
async function delivered(service: WholeService, status: number): Promise<void> {
  if (status === 202) await service.settled()
}

/** Probes ask by address, under any name; no page may read what they are told. And a target with a host of its own is no way round. */
async function probesAndTargets(): Promise<void> {
  const hosts = ['10.1.2.3:8000', 'pod-1.internal', 'evil.example', 'localhost', '[::1]:9']
  let answered = 0
  let asked = 0
  for (const setup of ['loopback, no tokens', 'any, names', 'any, no tokens'] as const) {
    const service = await startWholeService(setups[setup].env)
    const client = createRawClient(service.base)
    for (const path of probes) {
      for (const host of hosts) {
        for (const origin of [null, 'https://evil.example']) {
          const headers: RawHeaders = origin === null ? [] : [['Origin', origin]]
          const answer = await client.send({ method: 'GET', path, host, headers })
          asked += 1
          if (answer.status === 200) answered += 1
          if ('access-control-allow-origin' in answer.headers) shared.push(`${setup}, ${path}`)
        }
      }
    }
    await preflights(client, setup)
    await absoluteTargets(service, client, setup)
    client.close()
    await service.close()
  }
  proof.check(
    'probes and scrapes are answered under any name',
    answered === asked,
    `${answered} of ${asked}`,
  )
}

async function preflights(client: RawClient, setup: SetupName): Promise<void> {
  for (const origin of ['https://evil.example', 'https://console.test', 'null']) {
    const answer = await client.send({
      ...{ method: 'OPTIONS', path: '/mcp', host: setups[setup].home },
      headers: [
        ['Origin', origin],
        ['Access-Control-Request-Method', 'POST'],
        ['Access-Control-Request-Headers', 'authorization,content-type'],
      ],
    })
    if (answer.status < 400 || Object.keys(answer.headers).join().includes('access-control')) {
      shared.push(`${setup}, preflight from ${origin}`)
    }
  }
}

async function absoluteTargets(
  service: WholeService,
  client: RawClient,
  setup: SetupName,
): Promise<void> {
  const { tokens, home } = setups[setup]
  const usual = usualHeaders(tokens ? service.tokens.admin : undefined)
  for (const [path, host] of [
    [`http://${home}/mcp`, 'evil.example'],
    [`http://${home}/mcp`, 'a b'],
    [`http://user@${home}/mcp`, 'evil.example'],
    [`//${home}/mcp`, 'evil.example'],
  ] as const) {
    service.look()
    const answer = await client.send({
      ...{ path, host, headers: [...usual, ...envelopeHeaders('tools/call', note)] },
      body: JSON.stringify(enveloped(1, 'tools/call', note)),
    })
    const { asked, ends } = service.look()
    strays += asked.length + ends.length
    requests += 1
    if (answer.status < 400) wrong.push(`${setup}: target ${path}, Host ${host}: ${answer.status}`)
  }
}

function report(): void {
  const count = (verdict: Verdict): string =>
    `${verdict} ${originRows.filter((row) => row[3] === verdict).length}`
  proof.check('at least 60 combinations', originRows.length >= 60, originRows.length)
  proof.note((['in', 'no host', 'host', 'origin', 'twice'] as const).map(count).join(', '))
  proof.check(
    'each is let in or turned away as the table says, on every method of both transports',
    wrong.length === 0,
    [`${requests} requests, ${wrong.length} wrong`, ...wrong.slice(0, 10)].join('\n         '),
  )
  proof.check(
    'nothing of what is turned away is carried out',
    strays === 0 && turnedAway > 0,
    `${strays} of ${turnedAway}`,
  )
  proof.check('what is let in is carried out', carriedOut > 100, carriedOut)
  proof.check(
    'no answer may be read by a page',
    shared.length === 0,
    shared.slice(0, 3).join() || 0,
  )
}

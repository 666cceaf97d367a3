import { randomBytes } from 'node:crypto'
import { mkdirSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { prepareServer, recordsIn, startServer } from './audited-server.js'
import { makeCertificates } from './certificates.js'
import { startHoldingDojo } from './clients/holding-dojo.js'
import { report, tokensFor, tryClient } from './clients/try-clients.js'
import { startProof } from './measure.js'
import {
  type Bench,
  checkAnswers,
  checkIdleStreams,
  checkLargeImport,
  checkOrder,
  checkResumption,
} from './proxies/passage-checks.js'
import { kinds, openPassage, type Passage } from './proxies/passages.js'
import { callersBehind, type Place, placeClients } from './proxies/placed-clients.js'
import { type Sightings, watchFor } from './proxies/streams.js'
import { createTlsFetch } from './proxies/tls-fetch.js'

// Reverse proxies of other hands, with the configurations that we ship, between clients and the service.

const proof = startProof('Through nginx and HAProxy everything is as it is without them')
/** What every client says of its address. */
const claimedAddress = '203.0.113.9'
/** Comments that an idle stream is watched for: one comes every 15 s, and the promise is about 100 s. */
const idleComments = proof.short ? 1 : 7
const importBytes = proof.short ? 1_000_000 : 60_000_000
const refusalTimes = proof.short ? 3 : 50

const folder = mkdtempSync(join(tmpdir(), 'mcp-defectdojo-proxies-'))
const certificates = makeCertificates(join(folder, 'certificates'))
const ca = readFileSync(certificates.caFile)
const sightings: Sightings = new Map()
const dojo = await startHoldingDojo()
/** What is to be ended, last things first. */
const ends: (() => unknown)[] = [() => dojo.close()]
let places = 1

const callers = kinds.flatMap((kind) => [...callersBehind(kind), { caller: streamsOf(kind) }])
const { env, tokenOf } = tokensFor(callers, () => randomBytes(20).toString('hex'))
const [http, sse] = [await prepare('streamable-http'), await prepare('sse')]

try {
  await throughEachProxy()
} finally {
  for (const end of ends.reverse()) await end()
  rmSync(folder, { recursive: true, force: true, maxRetries: 5, retryDelay: 200 })
}
proof.end()

function streamsOf({ key }: { readonly key: string }): string {
  return `streams_${key}`
}

function prepare(transport: 'streamable-http' | 'sse') {
  const own = join(folder, transport)
  mkdirSync(own)
  return prepareServer(own, dojo.url, {
    ...env,
    MCP_TRANSPORT: transport,
    MCP_ALLOWED_HOSTS: 'localhost,127.0.0.1',
    MCP_TRUSTED_PROXIES: '127.0.0.1',
    DEFECTDOJO_API_KEY: dojo.apiKey,
    // Longer than any stream is watched for.
    DEFECTDOJO_TIMEOUT_SECONDS: '300',
  })
}

/** Requests from an address of their own, with a lie about it. */
function takePlace(version: '1.1' | '2'): Place {
  const address = `127.0.0.${++places}`
  const made = createTlsFetch({ ca, localAddress: address, http: version })
  ends.push(made.close)
  return {
    address,
    fetch(url, init = {}) {
      const headers = new Headers(init.headers)
      headers.set('x-forwarded-for', claimedAddress)
      return made.fetch(url, { ...init, headers })
    },
  }
}

async function throughEachProxy(): Promise<void> {
  const servers = await Promise.all([startServer(http), startServer(sse)])
  ends.push(...servers.map(({ kill }) => kill))
  const passages = await Promise.all(kinds.map(open))
  const benchOf = ({ kind }: Passage): Bench => ({
    ...{ proof, dojo, sightings, takePlace, service: http, token: tokenOf(streamsOf(kind)) },
  })
  const each = (check: (passage: Passage, bench: Bench) => Promise<void>) =>
    Promise.all(passages.map((passage) => check(passage, benchOf(passage))))

  // What takes its time by nature goes on beside the rest.
  const idle = each((passage, bench) => checkIdleStreams(passage, bench, idleComments))
  const order = each(checkOrder)
  await everyClient(passages)
  await each(checkResumption)
  for (const passage of passages) {
    await checkAnswers(passage, benchOf(passage), refusalTimes)
    await checkLargeImport(passage, benchOf(passage), importBytes)
  }
  await Promise.all([idle, order])

  const stopped = await Promise.all(servers.map(({ stop }) => stop()))
  const verified = await Promise.all([http, sse].map(({ verify }) => verify()))
  proof.check(
    'the servers ended in order, and their trails verify',
    stopped.every((status) => status === 0) && verified.every(({ status }) => status === 0),
    `exit ${stopped.join(', ')}, verify ${verified.map(({ status }) => status).join(', ')}`,
  )
}

async function open(kind: (typeof kinds)[number]): Promise<Passage> {
  const passage = await openPassage(kind, {
    folder,
    certificate: certificates.server,
    ports: { http: http.port, sse: sse.port },
    onAnswer: watchFor(sightings),
  })
  ends.push(passage.close)
  return passage
}

async function everyClient(passages: readonly Passage[]): Promise<void> {
  const placed = passages.flatMap((passage) => placeClients(passage, takePlace))
  const records = () => [http, sse].flatMap(({ auditFile }) => recordsIn(auditFile))
  const ground = { dojo, tokenOf, records }
  const tried = await Promise.all(
    placed.map(({ client, url }) => tryClient(client, { ...ground, url })),
  )
  report(proof, tried, ground)
  const calls = records().filter(({ event_type }) => event_type === 'audit')
  const wrong = calls.filter(({ authenticated_caller_id, client_address }) => {
    const caller = placed.find(({ client }) => client.caller === authenticated_caller_id)
    return caller !== undefined && caller.address !== client_address
  })
  proof.check(
    'the audit trail has the address that each client came from, not the one it claims',
    calls.length > 0 && wrong.length === 0,
    `${wrong.length} of ${calls.length} calls wrong`,
  )
}

import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { prepareServer, startServer } from './audited-server.js'
import { percentile, startProof } from './measure.js'
import { startRecordingUpstream } from './recording-upstream.js'
import { readTrace, type SystemCall, traced } from './system-calls.js'
import { createToolClient } from './tool-calls.js'

// strace (Debian: strace) watches the server write: what is on disk before what leaves by a socket. That is what a power failure would
// leave, and what kill -9 cannot show.

const proof = startProof(
  'The trail is on disk before DefectDojo is asked and before the client is answered',
)
const mutations = proof.short ? 60 : 200
const clients = 8
const calls = 'write,writev,pwrite64,pwritev,sendto,sendmsg,fdatasync,fsync'

const folder = mkdtempSync(join(tmpdir(), 'mcp-defectdojo-a2-'))
const upstream = await startRecordingUpstream()
try {
  const { auditFile, port, trace, tracedMs, plainMs } = await watch()
  const order = readOrder(trace, auditFile, port)
  report(order, trace.length)
  proof.note(
    `median of a call ${tracedMs.toFixed(1)} ms, ${plainMs.toFixed(1)} ms without strace, ratio ${(tracedMs / plainMs).toFixed(1)}`,
  )
} finally {
  await upstream.close()
  rmSync(folder, { recursive: true, force: true })
}
proof.end()

async function watch() {
  const traceFile = join(folder, 'trace')
  const installation = await prepareServer(folder, upstream.url, {
    UNTRUSTED_CONTENT_WRAPPING: 'off',
  })
  const { auditFile, port } = installation
  const plain = await startServer(installation)
  const plainMs = await load(installation.mcp, installation.tokens.writer, 'plain', mutations / 2)
  await plain.stop()
  const server = await startServer(installation, traced(traceFile, calls))
  const tracedMs = await load(installation.mcp, installation.tokens.writer, 'mark', mutations)
  const status = await server.stop()
  const trace = await readTrace(traceFile, server.pid)
  proof.check('the server ended in order', status === 0, `exit ${status}`)
  return { auditFile, port, trace, tracedMs, plainMs }
}

/** Tags `count` findings, each with a tag of its own; returns the median of how long a call took. */
async function load(mcp: string, token: string, word: string, count: number): Promise<number> {
  const client = createToolClient(mcp)
  const times: number[] = []
  let next = 0
  const work = async (): Promise<void> => {
    while (next < count) {
      const finding_id = ++next
      const tags = [`${word}-${finding_id}-${word}`]
      const { ok, elapsedMs } = await client.call({
        tool: 'add_finding_tags',
        arguments: { finding_id, tags },
        token,
      })
      if (ok) times.push(elapsedMs)
    }
  }
  await Promise.all(Array.from({ length: clients }, work))
  client.close()
  return percentile(times, 0.5)
}

interface Order {
  readonly mark: string
  /** The line of the trace at which each was on disk or began to leave; undefined: not seen. */
  readonly intentOnDisk: number | undefined
  readonly asked: number | undefined
  readonly outcomeOnDisk: number | undefined
  readonly answered: number | undefined
}

function readOrder(trace: readonly SystemCall[], auditFile: string, port: number): Order[] {
  const upstreamPort = new URL(upstream.url).port
  const done = trace.filter((call) => !call.failed)
  const toFile = done.filter(({ target, name }) => target === auditFile && name.includes('write'))
  const syncs = done.filter(({ target, name }) => target === auditFile && name.includes('sync'))
  const sent = done.filter(({ target, name }) => target.includes('->') && !name.includes('sync'))
  const toUpstream = sent.filter(({ target }) => target.endsWith(`:${upstreamPort}]`))
  const toClients = sent.filter(({ target }) => target.includes(`:${port}->`))

  /** Where the first sync that began after the record was written has returned. */
  const onDisk = (mark: string, eventType: string): number | undefined => {
    const written = toFile.find(({ text }) =>
      text
        .split('\\n')
        .some(
          (line) => line.includes(mark) && line.includes(`\\"event_type\\": \\"${eventType}\\"`),
        ),
    )
    return written && syncs.find(({ began }) => began > written.ended)?.ended
  }

  return Array.from({ length: mutations }, (_, index): Order => {
    const mark = `mark-${index + 1}-mark`
    // A write has a connection of its own; its head may leave before the body that has the mark.
    const connection = toUpstream.find(({ text }) => text.includes(mark))?.target
    return {
      mark,
      intentOnDisk: onDisk(mark, 'audit_intent'),
      asked: toUpstream.find(({ target }) => target === connection)?.began,
      outcomeOnDisk: onDisk(mark, 'audit'),
      answered: toClients.find(({ text }) => text.includes(mark))?.began,
    }
  })
}

function report(order: readonly Order[], lines: number): void {
  const before = (one: number | undefined, other: number | undefined): boolean =>
    one !== undefined && other !== undefined && one < other
  const check = (claim: string, holds: (order: Order) => boolean): void => {
    const good = order.filter(holds)
    const bad = order.find((each) => !holds(each))
    proof.check(
      claim,
      bad === undefined,
      `${good.length} of ${order.length}${bad ? ` ${JSON.stringify(bad)}` : ''}`,
    )
  }
  check(
    'the fdatasync of the intent has returned before the first byte goes to DefectDojo',
    (each) => before(each.intentOnDisk, each.asked),
  )
  check('the fdatasync of the outcome has returned before the first byte of the answer', (each) =>
    before(each.outcomeOnDisk, each.answered),
  )
  check('DefectDojo is asked before the outcome is recorded', (each) =>
    before(each.asked, each.outcomeOnDisk),
  )
  proof.check('strace saw the server write', lines > 6 * order.length, `${lines} system calls`)
}

import { once } from 'node:events'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'

/** A change as DefectDojo was asked for it. */
export interface RecordedWrite {
  /** Every proof changes each finding once, so this names the change. */
  readonly findingId: number
  /** The tag, note or description. */
  readonly text: string
}

/** `gone`: the connection ends without an answer. `silence`: it stays open without one. */
export type Misbehaviour = number | 'gone' | 'silence'

export interface RecordingUpstream {
  readonly url: string
  /** Every change that arrived, oldest first, whether or not it was answered well. */
  readonly writes: readonly RecordedWrite[]
  close(): Promise<void>
}

/** Decides for one request how it goes wrong; undefined: it does not. May wait first. */
export type Misbehave = (
  path: string,
  write: RecordedWrite | undefined,
) => Misbehaviour | undefined | Promise<Misbehaviour | undefined>

/**
 * Plays DefectDojo as far as findings, their notes and tags go, at once and from memory of nothing: it only remembers what it was
 * asked to change. The sandbox would be truer, but its answers grow with what is stored, and ten thousand changes would measure that.
 */
export async function startRecordingUpstream(misbehave?: Misbehave): Promise<RecordingUpstream> {
  const writes: RecordedWrite[] = []

  async function respond(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const path = (request.url ?? '').split('?')[0] ?? ''
    let body = ''
    for await (const chunk of request.setEncoding('utf8')) body += chunk
    const write = request.method === 'GET' ? undefined : writeOf(path, body)
    if (write) writes.push(write)
    const fault = await misbehave?.(path, write)
    if (fault === 'silence') return
    if (fault === 'gone') {
      request.socket.destroy()
      return
    }
    response.writeHead(fault ?? (write && request.method === 'POST' ? 201 : 200), {
      'content-type': 'application/json',
    })
    response.end(JSON.stringify(fault ? { detail: 'no' } : answerTo(path, write)))
  }

  const server = createServer((request, response) => {
    // A client that went away in the middle is its own affair.
    respond(request, response).catch(() => response.destroy())
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    writes,
    async close() {
      server.close()
      server.closeAllConnections()
      await once(server, 'close')
    },
  }
}

const pathOf = (path: string) => {
  const [, id = '0', part] = /^\/api\/v2\/findings\/(\d+)\/(?:(\w+)\/)?$/.exec(path) ?? []
  return { findingId: Number(id), part }
}

function writeOf(path: string, body: string): RecordedWrite {
  const { tags, entry, description } = JSON.parse(body) as Record<string, unknown>
  const text = String(Array.isArray(tags) ? tags[0] : (entry ?? description))
  return { findingId: pathOf(path).findingId, text }
}

function answerTo(path: string, write: RecordedWrite | undefined): unknown {
  const { findingId, part } = pathOf(path)
  if (part === 'tags') return { tags: write ? [write.text] : [] }
  if (part === 'notes') {
    return write ? { id: 1, entry: write.text, private: false, date: null } : { notes: [] }
  }
  if (findingId > 0) return findingRecord(findingId, 'A finding', write?.text)
  if (path === '/api/v2/user_profile/') return { user: { username: 'admin' } }
  if (path === '/api/v2/') return { findings: '/api/v2/findings/', assets: '/api/v2/assets/' }
  return { count: 0, next: null, previous: null, results: [] }
}

/** A finding as DefectDojo returns it. */
export const findingRecord = (id: number, title: string, description = 'none') => ({
  id,
  test: 1,
  title,
  severity: 'Low',
  description,
  active: true,
  verified: false,
  is_mitigated: false,
  out_of_scope: false,
  false_p: false,
  duplicate: false,
})

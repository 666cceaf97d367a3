import http from 'node:http'
import https from 'node:https'
import type { Agents } from '../dojo/agents.js'

/** What came back, as far as anybody looks at it. */
export interface Reply {
  readonly status: number
  readonly isJson: boolean
  readonly location: string | undefined
  /** Milliseconds since 1970 by the other side's clock; undefined without a usable `Date`. */
  readonly date: number | undefined
  /** The first bytes as text. */
  readonly text: string
}

/** A reply, or the code of what went wrong with the connection. */
export type ProbeResult = { readonly reply: Reply } | { readonly failure: string }

export interface ProbeOptions {
  readonly agents: Agents
  readonly timeoutMs: number
  /** Sent as DefectDojo wants it; leave it out where the answer does not depend on it. */
  readonly key?: string
  /** No more than this is read of the body. */
  readonly limitBytes?: number
}

/** One GET that follows nothing and keeps nothing. Never rejects; Node's own error texts, which may hold headers, stay here. */
export function probe(url: URL, options: ProbeOptions): Promise<ProbeResult> {
  const { agents, timeoutMs, key, limitBytes = 65_536 } = options
  const headers = {
    accept: 'application/json',
    'accept-encoding': 'identity',
    ...(key === undefined ? {} : { authorization: `Token ${key}` }),
  }
  const agent = Object.values(agents.writing)[0] as http.Agent
  const client = url.protocol === 'http:' ? http : https
  return new Promise((resolve) => {
    const signal = AbortSignal.timeout(timeoutMs)
    const fail = (error: NodeJS.ErrnoException): void =>
      resolve({ failure: signal.aborted ? 'ETIMEDOUT' : (error.code ?? 'UNKNOWN') })
    try {
      const request = client.get(url, { agent, headers, signal }, (response) => {
        read(response, limitBytes).then((reply) => {
          request.destroy()
          resolve({ reply })
        }, fail)
      })
      request.on('error', fail)
    } catch (error) {
      fail(error as NodeJS.ErrnoException)
    }
  })
}

async function read(response: http.IncomingMessage, limitBytes: number): Promise<Reply> {
  const chunks: Buffer[] = []
  let bytes = 0
  for await (const chunk of response as AsyncIterable<Buffer>) {
    chunks.push(chunk)
    bytes += chunk.length
    if (bytes >= limitBytes) break
  }
  const date = Date.parse(response.headers.date ?? '')
  return {
    status: response.statusCode ?? 0,
    isJson: /^application\/json\b/i.test(response.headers['content-type'] ?? ''),
    location: response.headers.location,
    date: Number.isNaN(date) ? undefined : date,
    text: Buffer.concat(chunks).subarray(0, limitBytes).toString('utf8'),
  }
}

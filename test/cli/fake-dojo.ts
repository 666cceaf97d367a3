import http, { type RequestListener } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { Test } from 'tap'
import type { Environment } from '../../src/config/secrets.js'
import { type Check, examine } from '../../src/doctor.js'
import { fakeDojoKey as key, stdioEnvironment } from '../helpers/environment.js'
import { testDirectory } from '../helpers/test-directory.js'

/** A server that listens, and what it was asked. */
export interface FakeDojo {
  url: string
  /** The Authorization header of every request, by path. */
  seen: [path: string, authorization: string | undefined][]
}

/** What the fake DefectDojo answers; by default as one in good order. */
export interface Answers {
  /** What a request without a valid key gets, and every other one where `profile` is not given. */
  refusal?: { status: number; detail: string }
  profile?: object
  version?: string
  products?: number
  date?: Date
}

export const superuser = { user: { username: 'admin', is_staff: true, is_superuser: true } }
export const staff = { user: { username: 'mcp', is_staff: true, is_superuser: false } }
export const member = { user: { username: 'mcp', is_staff: false, is_superuser: false } }

/** Answers as DefectDojo does, as far as the doctor asks. */
export function dojo(answers: Answers): RequestListener {
  return (request, response) => {
    const path = request.url ?? ''
    if (answers.date) response.setHeader('date', answers.date.toUTCString())
    const json = (status: number, body: unknown): void => {
      response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body))
    }
    if (path.startsWith('/oa3/schema/')) {
      json(200, {
        openapi: '3.0.3',
        info: { title: 'DefectDojo', version: answers.version ?? '3.2.0' },
        paths: 'x'.repeat(500_000),
      })
    } else if (request.headers.authorization === undefined) {
      json(403, { detail: 'Authentication credentials were not provided.' })
    } else if (answers.profile === undefined || request.headers.authorization !== `Token ${key}`) {
      const { status, detail } = answers.refusal ?? { status: 403, detail: 'Invalid token.' }
      json(status, { detail })
    } else if (path.startsWith('/api/v2/products/')) {
      json(200, { count: answers.products ?? 3, results: [] })
    } else {
      json(200, answers.profile)
    }
  }
}

/** Listens on a free port until the test ends. */
export async function listening(t: Test, handler: RequestListener): Promise<FakeDojo> {
  const seen: FakeDojo['seen'] = []
  const server = http.createServer((request, response) => {
    seen.push([request.url ?? '', request.headers.authorization])
    handler(request, response)
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  t.teardown(() => {
    server.closeAllConnections()
    server.close()
  })
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, seen }
}

/** The doctor's checks of this environment. */
export const diagnose = (t: Test, environment: Environment, timeoutMs = 5000): Promise<Check[]> =>
  examine({
    environment: { ...stdioEnvironment, ALLOW_INSECURE_HTTP: 'true', ...environment },
    directory: testDirectory(t),
    nodeVersion: '20.19.0',
    now: Date.now,
    timeoutMs,
  })

export const find = (checks: Check[], name: Check['name']): Check | undefined =>
  checks.find((check) => check.name === name)
export const worst = (checks: Check[]): Check[] =>
  checks.filter(({ status }) => status === 'problem')

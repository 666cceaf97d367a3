import { spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import type { AddressInfo, Server, Socket } from 'node:net'
import { join } from 'node:path'
import type { Test } from 'tap'
import type { AuditLine } from '../../src/audit/trail-sinks.js'
import { testDirectory } from '../helpers/test-directory.js'

export const origin = { hostname: 'host.example', pid: 4711 }

/** A line of the trail, with what has to be escaped or counted. */
export const line = (seq: number, level: AuditLine['level'] = 'INFO'): AuditLine => ({
  line: `{"seq": ${seq}, "text": "quote \\" bracket ] \\u00e9"}`,
  seq,
  chainId: 'c',
  mac: '',
  level,
  timestamp: '2026-01-02T03:04:05.678000+00:00',
  eventType: 'audit',
})

/** Listens on a free port of the loopback address until the test ends. */
export async function listen(t: Test, server: Server, port = 0): Promise<number> {
  const sockets = new Set<Socket>()
  server.on('connection', (socket) => sockets.add(socket))
  server.listen(port, '127.0.0.1')
  await once(server, 'listening')
  t.teardown(async () => {
    for (const socket of sockets) socket.destroy()
    server.close()
  })
  return (server.address() as AddressInfo).port
}

function openssl(...argv: string[]): void {
  const run = spawnSync('openssl', argv, { encoding: 'utf8' })
  if (run.error) throw new Error('openssl is needed: it makes the certificates of this test')
  if (run.status !== 0) throw new Error(run.stderr)
}

/** A self-signed certificate for 127.0.0.1, made for this run. */
export function certificate(t: Test, name = 'IP:127.0.0.1') {
  const directory = testDirectory(t, { [name.replace(/\W/g, '-')]: {} })
  const path = (file: string) => join(directory, name.replace(/\W/g, '-'), file)
  openssl(
    ...['req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes'],
    ...['-keyout', path('key'), '-out', path('cert'), '-days', '2', '-subj', '/CN=test'],
    ...['-addext', `subjectAltName=${name}`],
  )
  return { key: readFileSync(path('key'), 'utf8'), cert: readFileSync(path('cert'), 'utf8') }
}

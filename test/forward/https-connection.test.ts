import { once } from 'node:events'
import { writeFileSync } from 'node:fs'
import { createServer } from 'node:http'
import { createServer as createHttpsServer } from 'node:https'
import { join } from 'node:path'
import t from 'tap'
import { strictReceiver } from '../../proofs/strict-receivers.js'
import { allTaken } from '../../src/forward/destination.js'
import { needs } from '../helpers/needs.js'
import { testDirectory } from '../helpers/test-directory.js'
import { httpsDestination, served } from './https-target.js'
import { certificate, line, listen } from './loopback.js'

const failure = (sending: Promise<unknown>): Promise<unknown> => sending.catch((error) => error)

t.test('a redirect is not followed, least of all with the token', async (t) => {
  const stranger = strictReceiver('json_array')
  const location = `http://127.0.0.1:${await listen(t, createServer(stranger.handle))}/in`
  const target = await served(t, 'json_array', (_, response) => {
    response.writeHead(307, { location }).end()
  })

  t.match(await failure(target.send([line(1)])), { reason: 'redirect_refused', remedy: 'retry' })

  t.equal(stranger.requests.length, 0)
})

t.test('one connection serves many batches, and a failure gets a new one', async (t) => {
  let status = 200
  let connections = 0
  const server = createServer((request, response) => {
    request.on('end', () => response.writeHead(status).end('{}')).resume()
  })
  server.on('connection', () => connections++)
  const target = httpsDestination(t, `http://127.0.0.1:${await listen(t, server)}/in`)

  await target.send([line(1)])
  await target.send([line(2)])
  t.equal(connections, 1)
  status = 503
  await t.rejects(target.send([line(3)]))
  status = 200
  await target.send([line(3)])

  t.equal(connections, 2)
})

t.test('a server that is not there is a failure with a code', async (t) => {
  const gone = createServer()
  gone.listen(0, '127.0.0.1')
  await once(gone, 'listening')
  const { port } = gone.address() as { port: number }
  gone.close()
  await once(gone, 'close')

  const target = httpsDestination(t, `http://127.0.0.1:${port}/in`)

  t.match(await failure(target.send([line(1)])), { reason: 'ECONNREFUSED', remedy: 'retry' })
})

t.test('a token that no header may hold is a failure, not an accident', async (t) => {
  const receiver = strictReceiver('json_array')
  const target = await served(t, 'json_array', receiver.handle, { token: 'two\nlines' })

  t.match(await failure(target.send([line(1)])), { name: 'DeliveryError', remedy: 'retry' })
})

t.test('closing ends a send, and the wait for an acknowledgement', async (t) => {
  let arrived = (): void => {}
  const silent = await served(t, 'json_array', () => arrived())
  const waiting = await served(
    t,
    'splunk_hec',
    (request, response) => {
      request.on('end', () => response.end('{"code":0,"ackId":1}')).resume()
      response.on('finish', () => setImmediate(arrived))
    },
    { ack: { pollMilliseconds: 60_000, timeoutMilliseconds: 600_000 } },
  )

  for (const target of [silent, waiting]) {
    const here = new Promise<void>((resolve) => {
      arrived = resolve
    })
    const sending = failure(target.send([line(1)]))
    await here
    target.close()
    t.match(await sending, { reason: 'closed' })
    t.match(await failure(target.send([line(1)])), { reason: 'closed' })
  }
})

t.test('over HTTPS the authority is checked', needs('openssl'), async (t) => {
  const { key, cert } = certificate(t)
  const receiver = strictReceiver('json_array')
  const port = await listen(t, createHttpsServer({ key, cert }, receiver.handle))
  const url = `https://127.0.0.1:${port}/in`
  const caFile = join(testDirectory(t, { 'ca.pem': cert }), 'ca.pem')

  const trusting = httpsDestination(t, url, { caFile })
  t.strictSame(await trusting.send([line(1)]), allTaken)
  t.match(await failure(httpsDestination(t, url).send([line(2)])), {
    reason: 'DEPTH_ZERO_SELF_SIGNED_CERT',
  })

  t.match(trusting.enabled, { fields: { https_ca: 'custom' } })
  t.equal(receiver.requests.length, 1)
})

t.test('an old version of TLS is not spoken', needs('openssl'), async (t) => {
  const { key, cert } = certificate(t)
  const receiver = strictReceiver('json_array')
  const old = { minVersion: 'TLSv1', maxVersion: 'TLSv1.1', ciphers: 'DEFAULT@SECLEVEL=0' } as const
  const port = await listen(t, createHttpsServer({ key, cert, ...old }, receiver.handle))
  const caFile = join(testDirectory(t, { 'ca.pem': cert }), 'ca.pem')
  const target = httpsDestination(t, `https://127.0.0.1:${port}/in`, { caFile })

  t.match(await failure(target.send([line(1)])), { remedy: 'retry', reason: /^[A-Z]/ })

  t.equal(receiver.requests.length, 0)
})

t.test('a new authority is taken up after the failure it causes', needs('openssl'), async (t) => {
  const [first, second] = [certificate(t), certificate(t)]
  const receiver = strictReceiver('json_array')
  const server = createHttpsServer({ key: first.key, cert: first.cert }, receiver.handle)
  const url = `https://127.0.0.1:${await listen(t, server)}/in`
  const caFile = join(testDirectory(t, { 'ca.pem': first.cert }), 'ca.pem')
  const target = httpsDestination(t, url, { caFile })
  await target.send([line(1)])

  server.setSecureContext({ key: second.key, cert: second.cert })
  server.closeAllConnections()
  writeFileSync(caFile, second.cert)
  // The first attempt may still be under the old authority.
  await failure(target.send([line(2)]))
  const again = await target.send([line(2)])

  t.strictSame(again, allTaken)
})

t.test('an authority that has left the file is not trusted again', needs('openssl'), async (t) => {
  const { key, cert } = certificate(t)
  const other = certificate(t, 'DNS:other.example')
  const server = createHttpsServer({ key, cert }, (request, response) => {
    request.on('end', () => response.end()).resume()
  })
  const url = `https://127.0.0.1:${await listen(t, server)}/in`
  const caFile = join(testDirectory(t, { 'ca.pem': cert }), 'ca.pem')
  const target = httpsDestination(t, url, { caFile })
  await target.send([line(1)])

  writeFileSync(caFile, other.cert)

  t.match(await failure(target.send([line(2)])), { reason: 'DEPTH_ZERO_SELF_SIGNED_CERT' })
})

t.test('a file of authorities that cannot be read changes nothing', needs('openssl'), async (t) => {
  const { key, cert } = certificate(t)
  let status = 200
  const server = createHttpsServer({ key, cert }, (request, response) => {
    request.on('end', () => response.writeHead(status).end()).resume()
  })
  const url = `https://127.0.0.1:${await listen(t, server)}/in`
  const directory = testDirectory(t, { 'ca.pem': cert, 'empty.pem': '' })
  const caFile = join(directory, 'ca.pem')
  const target = httpsDestination(t, url, { caFile })
  await target.send([line(1)])

  for (const broken of [
    '',
    'not a certificate',
    cert.slice(0, -40),
    `${cert}${cert.slice(0, 99)}`,
  ]) {
    writeFileSync(caFile, broken)
    status = 503
    t.match(await failure(target.send([line(2)])), { reason: 'http_503' })
    status = 200
    t.strictSame(await target.send([line(2)]), allTaken, JSON.stringify(broken))
  }
  // Never the system's authorities instead.
  for (const name of ['missing.pem', 'empty.pem']) {
    const other = httpsDestination(t, url, { caFile: join(directory, name) })
    t.match(await failure(other.send([line(3)])), { reason: 'ca_unreadable' })
  }
})

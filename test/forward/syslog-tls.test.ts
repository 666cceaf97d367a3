import { constants, X509Certificate } from 'node:crypto'
import { rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { createServer, type TLSSocket, type TlsOptions } from 'node:tls'
import t, { type Test } from 'tap'
import { allTaken, type Destination } from '../../src/forward/destination.js'
import { createSyslogCycles } from '../../src/forward/syslog/cycles.js'
import { createRelp } from '../../src/forward/syslog/relp.js'
import type { TlsFiles } from '../../src/forward/syslog/tls-files.js'
import { needs } from '../helpers/needs.js'
import { testDirectory } from '../helpers/test-directory.js'
import { authority, type Issued } from './authority.js'
import { line, listen, origin } from './loopback.js'
import { receiver } from './octet-counting.js'
import { relpServer } from './relp-server.js'

const noFiles = { caFile: null, certFile: null, keyFile: null }
const failure = (sending: Promise<unknown>): Promise<unknown> => sending.catch((error) => error)
const address = 'IP:127.0.0.1'

/** A receiver over TLS of each kind, and a destination for it. */
const kinds = {
  cycles: {
    start: () => {
      const siem = receiver()
      return { onSocket: siem.onSocket, received: () => siem.connections.flat().length }
    },
    create: (host: string, port: number, tls: TlsFiles): Destination =>
      createSyslogCycles({
        ...{ host, port, origin, tls },
        protocol: 'tls',
        timeoutMilliseconds: 30_000,
      }),
  },
  relp: {
    start: () => {
      const siem = relpServer()
      return { onSocket: siem.onSocket, received: () => siem.messages.length }
    },
    create: (host: string, port: number, tls: TlsFiles): Destination =>
      createRelp({ ...{ host, port, origin, tls }, secure: true, timeoutMilliseconds: 30_000 }),
  },
}

async function served(
  t: Test,
  kind: keyof typeof kinds,
  server: TlsOptions,
  files: Partial<TlsFiles>,
  host = '127.0.0.1',
) {
  const { start, create } = kinds[kind]
  const siem = start()
  const sockets: TLSSocket[] = []
  const seen: { resumed: boolean; serialNumber: string | undefined }[] = []
  const listening = createServer({ allowHalfOpen: true, ...server }, (socket) => {
    sockets.push(socket)
    seen.push({
      resumed: socket.isSessionReused(),
      serialNumber: socket.getPeerX509Certificate()?.serialNumber,
    })
    siem.onSocket(socket)
  })
  const port = await listen(t, listening)
  const target = create(host, port, { ...noFiles, ...files })
  t.teardown(() => target.close())
  return { target, sockets, seen, received: siem.received, listening, port }
}

const pair = ({ cert, key }: Issued) => ({ cert, key })
const filesOf = ({ certFile, keyFile }: Issued) => ({ certFile, keyFile })
const serialOf = ({ cert }: Issued): string => new X509Certificate(cert).serialNumber

for (const kind of ['cycles', 'relp'] as const) {
  t.test(
    `${kind}: only the right authority, name, date and version`,
    needs('openssl'),
    async (t) => {
      const [ours, theirs] = [authority(t), authority(t)]
      const good = ours.issue(address)
      const old = {
        minVersion: 'TLSv1',
        maxVersion: 'TLSv1.1',
        ciphers: 'DEFAULT@SECLEVEL=0',
      } as const
      const trust = { caFile: ours.certFile }

      for (const [what, server, files, reason] of [
        ['wrong authority', pair(theirs.issue(address)), trust, /^UNABLE_TO_/],
        ['the system does not know ours', pair(good), {}, /^UNABLE_TO_/],
        [
          'wrong name',
          pair(ours.issue('DNS:siem.example')),
          trust,
          /^ERR_TLS_CERT_ALTNAME_INVALID$/,
        ],
        ['expired', pair(ours.issue(address, { expired: true })), trust, /^CERT_HAS_EXPIRED$/],
        ['self-signed', pair(theirs), trust, /^DEPTH_ZERO_SELF_SIGNED_CERT$/],
        ['TLS 1.1', { ...pair(good), ...old }, trust, /^[A-Z]/],
      ] as const) {
        const { target, received } = await served(t, kind, server, files)

        t.match(await failure(target.send([line(1)])), { reason, remedy: 'retry', taken: 0 }, what)

        t.equal(received(), 0)
      }

      for (const version of ['TLSv1.2', 'TLSv1.3'] as const) {
        const server = { ...pair(good), minVersion: version, maxVersion: version }
        const { target, received, sockets, port } = await served(t, kind, server, trust)

        t.equal(await target.send([line(1), line(2)]), allTaken, version)

        t.equal(received(), 2)
        // RFC 6066: an address is no server name.
        t.equal(sockets[0]?.servername || false, false)
        const scheme = kind === 'relp' ? 'relp+tls' : 'tcp+tls'
        t.equal(target.label, `${scheme}://127.0.0.1:${port}`)
        t.match(target.enabled, { fields: { syslog_transport: scheme } })
      }
    },
  )

  t.test(`${kind}: a name is sent, and verified`, needs('openssl'), async (t) => {
    const ours = authority(t)
    const good = ours.issue('DNS:localhost')
    const trust = { caFile: ours.certFile }
    const { target, sockets } = await served(t, kind, pair(good), trust, 'localhost')

    t.equal(await target.send([line(1)]), allTaken)

    t.equal(sockets[0]?.servername, 'localhost')
  })

  t.test(
    `${kind}: a receiver that asks for a certificate gets ours`,
    needs('openssl'),
    async (t) => {
      const [ours, theirs] = [authority(t), authority(t)]
      const strict = { ...pair(ours.issue(address)), ca: ours.cert, requestCert: true }
      const trust = { caFile: ours.certFile }

      for (const version of ['TLSv1.2', 'TLSv1.3'] as const) {
        const server = { ...strict, minVersion: version, maxVersion: version }
        const none = await served(t, kind, server, trust)
        const foreign = await served(t, kind, server, {
          ...trust,
          ...filesOf(theirs.issue(address)),
        })
        const good = await served(t, kind, server, { ...trust, ...filesOf(ours.issue(address)) })

        t.match(await failure(none.target.send([line(1)])), { name: 'DeliveryError', taken: 0 })
        t.match(await failure(foreign.target.send([line(1)])), { name: 'DeliveryError', taken: 0 })
        t.equal(await good.target.send([line(1)]), allTaken, version)

        t.strictSame(
          [none, foreign, good].map(({ received }) => received()),
          [0, 0, 1],
        )
      }
    },
  )
}

t.test(
  'short connections resume a session, but not with a certificate of ours',
  needs('openssl'),
  async (t) => {
    const ours = authority(t)
    const { certFile, keyFile } = ours.issue(address)
    const trust = { caFile: ours.certFile }
    for (const version of ['TLSv1.2', 'TLSv1.3'] as const) {
      const server = { ...pair(ours.issue(address)), minVersion: version, maxVersion: version }
      const without = await served(t, 'cycles', server, trust)
      const asking = { ...server, ca: ours.cert, requestCert: true }
      const withOne = await served(t, 'cycles', asking, { ...trust, certFile, keyFile })

      for (const { target } of [without, withOne]) {
        for (const seq of [1, 2, 3]) await target.send([line(seq)])
      }

      const resumed = [without, withOne].map(({ seen }) => seen.map(({ resumed }) => resumed))
      t.strictSame(
        resumed,
        [
          [false, true, true],
          [false, false, false],
        ],
        version,
      )
    }
  },
)

t.test(
  'a server that fails at a resumed session is not offered one again',
  needs('openssl'),
  async (t) => {
    const ours = authority(t)
    const { target, seen, listening } = await served(
      t,
      'cycles',
      {
        ...pair(ours.issue(address)),
        ...{ maxVersion: 'TLSv1.2', secureOptions: constants.SSL_OP_NO_TICKET },
      },
      { caFile: ours.certFile },
    )
    const sessions = new Set<string>()
    listening.on('newSession', (id: Buffer, _data, done) => {
      sessions.add(id.toString('hex'))
      done()
    })
    listening.on('resumeSession', (id: Buffer, done) => {
      done(sessions.has(id.toString('hex')) ? new Error('no') : null, null)
    })
    await target.send([line(1)])

    t.match(await failure(target.send([line(2)])), { name: 'DeliveryError', taken: 0 })
    t.equal(await target.send([line(2)]), allTaken)
    t.equal(await target.send([line(3)]), allTaken)

    t.strictSame(
      seen.map(({ resumed }) => resumed),
      [false, false, false],
    )
  },
)

t.test(
  'files are read at each connection, and a session is not older than they',
  needs('openssl'),
  async (t) => {
    const [first, second] = [authority(t), authority(t)]
    const caFile = join(testDirectory(t, { 'ca.pem': first.cert }), 'ca.pem')
    const server = pair(first.issue(address))
    const { target, seen, listening } = await served(t, 'cycles', server, { caFile })
    await target.send([line(1)])

    writeFileSync(caFile, second.cert)
    t.match(await failure(target.send([line(2)])), { reason: /^UNABLE_TO_/ }, 'no longer trusted')
    listening.setSecureContext(pair(second.issue(address)))
    t.equal(await target.send([line(2)]), allTaken)

    t.strictSame(seen.at(-1)?.resumed, false)
  },
)

t.test(
  'broken files change nothing, and without good ones there is no connection',
  needs('openssl'),
  async (t) => {
    const ours = authority(t)
    const client = ours.issue(address)
    const other = ours.issue(address)
    const directory = testDirectory(t, {
      'ca.pem': ours.cert,
      'my.crt': client.cert,
      'my.key': client.key,
    })
    const [caFile, certFile, keyFile] = ['ca.pem', 'my.crt', 'my.key'].map((name) =>
      join(directory, name),
    ) as [string, string, string]
    const server = { ...pair(ours.issue(address)), ca: ours.cert, requestCert: true }
    const { target, seen, port } = await served(t, 'cycles', server, {
      caFile,
      certFile,
      keyFile,
    })
    await target.send([line(1)])

    for (const [path, text] of [
      [caFile, ''],
      [caFile, 'no certificate'],
      [caFile, ours.cert.slice(0, -40)],
      [caFile, `${ours.cert}${ours.cert.slice(0, 99)}`],
      [caFile, null],
      [keyFile, other.key],
      [keyFile, ''],
      [certFile, client.cert.slice(0, 200)],
      [certFile, null],
    ] as const) {
      if (text === null) rmSync(path)
      else writeFileSync(path, text)
      t.equal(await target.send([line(2)]), allTaken)
    }
    // The other pair is whole now.
    writeFileSync(certFile, other.cert)
    writeFileSync(keyFile, other.key)
    t.equal(await target.send([line(3)]), allTaken)
    t.equal(seen.at(-1)?.serialNumber, serialOf(other))

    writeFileSync(caFile, '')
    for (const [files, reason] of [
      [{ ...noFiles, caFile }, 'ca_unreadable'],
      [{ ...noFiles, caFile: join(directory, 'missing.pem') }, 'ca_unreadable'],
      [{ caFile: ours.certFile, certFile, keyFile: null }, 'client_certificate_unreadable'],
      [
        { caFile: ours.certFile, certFile, keyFile: client.keyFile },
        'client_certificate_unreadable',
      ],
    ] as const) {
      const fresh = kinds.cycles.create('127.0.0.1', port, files)
      t.match(await failure(fresh.send([line(4)])), { reason, remedy: 'retry' })
    }
  },
)

import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import { gunzipSync } from 'node:zlib'
import t from 'tap'
import { strictReceiver, usualPath, usualToken } from '../../proofs/strict-receivers.js'
import type { AuditLine } from '../../src/audit/trail-sinks.js'
import { allTaken } from '../../src/forward/destination.js'
import type { HttpsFormatName } from '../../src/forward/https/format.js'
import { httpsFormatNames, httpsFormats } from '../../src/forward/https/formats.js'
import { formatProblem } from '../../src/forward/https/url-format.js'
import { httpsDestination, served } from './https-target.js'
import { line, listen } from './loopback.js'

const lines = [line(1), line(2, 'CRITICAL'), line(3)]
const texts = (of: readonly AuditLine[]): string[] => of.map(({ line }) => line)
const poison = (text: string): boolean => text === line(2).line

for (const format of httpsFormatNames) {
  t.test(`${format}: its strict receiver takes the very lines`, async (t) => {
    const receiver = strictReceiver(format)
    const target = await served(t, format, receiver.handle)

    t.strictSame(await target.send(lines), allTaken)
    t.strictSame(await target.send([line(4)]), allTaken)

    t.strictSame(receiver.records, texts([...lines, line(4)]))
    t.equal(receiver.requests.length, 2)
  })

  t.test(`${format}: a wrong token loses nothing`, async (t) => {
    const receiver = strictReceiver(format, { token: 'another-one' })
    const target = await served(t, format, receiver.handle)

    t.match(await target.send(lines).catch((error) => error), {
      remedy: 'retry',
      reason: /^http_40[13]$/,
    })

    t.strictSame(receiver.records, [])
  })

  t.test(`${format}: a batch of the greatest size is within the limits`, async (t) => {
    const { maxRecords, maxBytes } = httpsFormats[format]
    const target = httpsDestination(t, 'http://127.0.0.1:9/', { format, batchSize: maxRecords })
    // Text that grows most when it is put into JSON, of records with long names and numbers.
    const size = Math.floor(target.batchBytes / maxRecords)
    const greatest = Array.from({ length: maxRecords }, (_, at) => ({
      ...line(9_007_199_254_700_000 + at),
      line: `{"a": "${'\\"'.repeat(Math.max(0, (size - 10) / 2))}"}`,
      chainId: '0'.repeat(36),
      eventType: 'e'.repeat(40),
    }))
    const body = httpsFormats[format].body(greatest, {
      hostname: 'h'.repeat(63),
      pathname: '/_bulk',
      tenant: null,
    })

    t.equal(target.batchSize, maxRecords)
    t.ok(Buffer.byteLength(body) <= maxBytes, `${Buffer.byteLength(body)} of ${maxBytes}`)
    t.ok(target.batchBytes >= 100_000)
  })
}

t.test('an array of records is not what the products take', async (t) => {
  const headers: Partial<Record<HttpsFormatName, Record<string, string>>> = {
    json_array: { authorization: `Bearer ${usualToken}` },
    splunk_hec: { authorization: `Splunk ${usualToken}` },
    elastic_bulk: { authorization: `ApiKey ${usualToken}` },
    loki: { authorization: `Bearer ${usualToken}` },
  }
  const statuses: Record<string, unknown> = {}
  for (const [format, header] of Object.entries(headers)) {
    const name = format as HttpsFormatName
    const receiver = strictReceiver(name)
    const port = await listen(t, createServer(receiver.handle))
    const response = await fetch(`http://127.0.0.1:${port}${usualPath[name]}`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', ...header },
      body: `[${texts(lines).join(',')}]`,
    })
    statuses[format] = response.status
    if (name === 'splunk_hec') t.match(await response.json(), { code: 6 })
    t.equal(receiver.records.length, name === 'json_array' ? 3 : 0, name)
  }

  t.strictSame(statuses, { json_array: 200, splunk_hec: 400, elastic_bulk: 400, loki: 400 })
})

t.test('a line that the product refuses is told apart where it says which', async (t) => {
  const outcome = async (format: HttpsFormatName) => {
    const receiver = strictReceiver(format, { poison })
    const target = await served(t, format, receiver.handle)
    const given = await target.send([line(1), line(2), line(3)]).catch(({ remedy }) => remedy)
    return [given, receiver.records.length]
  }

  for (const format of ['json_array', 'ndjson', 'datadog'] as const) {
    t.strictSame(await outcome(format), ['isolate', 0], format)
  }
  // Loki has taken the others, and will drop them when they come again.
  t.strictSame(await outcome('loki'), ['isolate', 2])
  const refused = (reason: string) => [{ at: 1, reason }]
  t.strictSame(await outcome('splunk_hec'), [
    { again: [2], refused: refused('hec_code_6'), retryAfterSeconds: null },
    1,
  ])
  t.strictSame(await outcome('elastic_bulk'), [
    { ...allTaken, refused: refused('item_400_document_parsing_exception') },
    2,
  ])
  t.strictSame(await outcome('otlp'), [
    { ...allTaken, refused: [0, 1, 2].map((at) => ({ at, reason: 'otlp_rejected_1_of_3' })) },
    2,
  ])
})

t.test('what is sent twice is there once, where the product knows records', async (t) => {
  for (const format of ['elastic_bulk', 'loki'] as const) {
    const receiver = strictReceiver(format)
    const target = await served(t, format, receiver.handle)

    await target.send(lines)
    t.strictSame(await target.send([...lines, line(4)]), allTaken)

    t.strictSame(receiver.records, texts([...lines, line(4)]), format)
  }
})

/** Takes everything, and keeps the last request. */
async function recorded(format: HttpsFormatName, changes: Parameters<typeof served>[3] = {}) {
  const last = { headers: {} as IncomingMessage['headers'], body: '' }
  const target = await served(
    t,
    format,
    (request: IncomingMessage, response: ServerResponse) => {
      const chunks: Buffer[] = []
      request.on('data', (chunk) => chunks.push(chunk))
      request.on('end', () => {
        const sent = Buffer.concat(chunks)
        const zipped = request.headers['content-encoding'] === 'gzip'
        last.headers = request.headers
        last.body = (zipped ? gunzipSync(sent) : sent).toString()
        const items = lines.map(() => ({ create: { status: 201 } }))
        response.end(JSON.stringify({ code: 0, items }))
      })
    },
    changes,
  )
  await target.send(lines)
  return last
}

t.test('the generic formats send the lines as they are, and a key for the batch', async (t) => {
  const array = await recorded('json_array')
  const ndjson = await recorded('ndjson')

  t.equal(array.body, `[${texts(lines).join(',')}]`)
  t.equal(ndjson.body, `${texts(lines).join('\n')}\n`)
  for (const [{ headers }, type] of [
    [array, 'application/json'],
    [ndjson, 'application/x-ndjson'],
  ] as const) {
    t.match(headers, {
      authorization: `Bearer ${usualToken}`,
      'content-type': type,
      'idempotency-key': 'c-1.c-3.3',
    })
    t.notOk(headers['content-encoding'])
  }
  t.notOk((await recorded('json_array', { token: null })).headers.authorization)
})

t.test('the products get events in their own shape', async (t) => {
  const [first, second] = lines as [AuditLine, AuditLine]
  const hec = await recorded('splunk_hec')
  t.match(hec.headers, { authorization: `Splunk ${usualToken}` })
  t.match(hec.headers['x-splunk-request-channel'], /^[\da-f]{8}-[\da-f-]{27}$/)
  t.strictSame(JSON.parse(hec.body.slice(0, hec.body.indexOf('}}') + 2)), {
    time: 1767323045.678,
    host: 'host.example',
    source: 'mcp-defectdojo',
    sourcetype: 'mcp_defectdojo:audit',
    event: first.line,
    fields: { audit_id: 'c-1' },
  })

  const elastic = await recorded('elastic_bulk')
  const [action, document] = elastic.body.split('\n')
  t.match(elastic.headers, { 'content-type': 'application/x-ndjson' })
  t.equal(action, '{"create":{"_index":"mcp-defectdojo-audit","_id":"c-1"}}')
  t.equal(
    document,
    `{"@timestamp":"${first.timestamp}","event":{"original":${JSON.stringify(first.line)}},"audit":${first.line}}`,
  )
  const other = await recorded('elastic_bulk', { path: '/logs-audit/_bulk' })
  t.ok(other.body.startsWith('{"create":{"_id":"c-1"}}\n'))

  const datadog = await recorded('datadog')
  t.match(datadog.headers, { 'dd-api-key': usualToken })
  t.strictSame(JSON.parse(datadog.body)[0], {
    ddsource: 'mcp-defectdojo',
    service: 'mcp-defectdojo',
    hostname: 'host.example',
    message: first.line,
  })

  const loki = await recorded('loki', { tenant: 'security' })
  t.match(loki.headers, { authorization: `Bearer ${usualToken}`, 'x-scope-orgid': 'security' })
  t.strictSame(JSON.parse(loki.body).streams[0].stream, {
    service_name: 'mcp-defectdojo',
    log: 'audit',
  })
  t.strictSame(JSON.parse(loki.body).streams[0].values[0], ['1767323045678000001', first.line])

  const otlp = await recorded('otlp')
  t.match(JSON.parse(otlp.body).resourceLogs[0].scopeLogs[0].logRecords[1], {
    timeUnixNano: '1767323045678000000',
    severityNumber: 21,
    severityText: 'CRITICAL',
    body: { stringValue: second.line },
    attributes: [
      { key: 'event.name', value: { stringValue: 'audit' } },
      { key: 'audit.chain_id', value: { stringValue: 'c' } },
      { key: 'audit.seq', value: { intValue: '2' } },
      { key: 'log.record.uid', value: { stringValue: 'c-2' } },
    ],
  })
})

t.test('a token may name its scheme, where the product has several', async (t) => {
  const sent = async (format: HttpsFormatName, token: string) =>
    (await recorded(format, { token })).headers.authorization

  t.equal(await sent('elastic_bulk', 'Basic abc'), 'Basic abc')
  t.equal(await sent('elastic_bulk', 'ApiKey abc'), 'ApiKey abc')
  t.equal(await sent('elastic_bulk', 'abc'), 'ApiKey abc')
  t.equal(await sent('loki', 'Basic abc'), 'Basic abc')
  t.equal(await sent('otlp', 'Bearer abc'), 'Bearer abc')
})

t.test('a record without a readable time is sent all the same', async (t) => {
  for (const format of ['splunk_hec', 'loki', 'otlp'] as const) {
    const receiver = strictReceiver(format)
    const target = await served(t, format, receiver.handle)

    t.strictSame(await target.send([{ ...line(1), timestamp: 'long ago' }]), allTaken, format)
  }
})

t.test('a name that no header may hold is put into one that may', async (t) => {
  const receiver = strictReceiver('json_array')
  const target = await served(t, 'json_array', receiver.handle)

  await target.send([{ ...line(1), chainId: 'ä\nb' }])

  t.match(receiver.requests, [{ headers: { 'idempotency-key': '__b-1.__b-1.1' } }])
})

t.test('a record that would be cut there is refused here', async (t) => {
  const receiver = strictReceiver('datadog')
  const target = await served(t, 'datadog', receiver.handle)
  const long = { ...line(2), line: `{"a": "${'x'.repeat(1_000_000)}"}` }
  const reason = 'record_too_long'

  t.strictSame(await target.send([line(1), long, line(3)]), {
    ...allTaken,
    refused: [{ at: 1, reason }],
  })
  t.strictSame(await target.send([long]), { ...allTaken, refused: [{ at: 0, reason }] })

  t.strictSame(receiver.records, texts([line(1), line(3)]))
  t.equal(receiver.requests.length, 1)
})

t.test('what the trail and the metrics say of it holds no secret', async (t) => {
  const url = 'https://user:hidden@siem.example:8443/in?key=hidden'
  const target = httpsDestination(t, url, { format: 'ndjson', token: 'hidden', batchSize: 7 })

  t.equal(target.label, 'https://siem.example:8443')
  t.strictSame(target.where, { url: 'https://siem.example:8443/in' })
  t.strictSame(target.enabled, {
    message: 'HTTPS log forwarding enabled',
    fields: {
      https_url: 'https://siem.example:8443/in',
      https_batch_size: 7,
      https_flush_secs: 5,
      https_ca: null,
      https_format: 'ndjson',
    },
  })

  const inPath = `https://siem.example/receiver/v1/${'hidden'.repeat(5)}`
  t.strictSame(httpsDestination(t, inPath).where, { url: 'https://siem.example/receiver/v1/…' })
})

t.test('an address that belongs to another format is a problem', async (t) => {
  const owned: readonly [string, HttpsFormatName][] = [
    ['/services/collector', 'splunk_hec'],
    ['/services/collector/event', 'splunk_hec'],
    ['/splunk/services/collector/event/1.0/', 'splunk_hec'],
    ['/_bulk', 'elastic_bulk'],
    ['/logs-audit/_bulk', 'elastic_bulk'],
    ['/api/v2/logs', 'datadog'],
    ['/loki/api/v1/push', 'loki'],
    ['/v1/logs', 'otlp'],
  ]
  for (const [path, owner] of owned) {
    const url = new URL(`https://siem.example${path}?key=hidden`)
    for (const format of httpsFormatNames) {
      const problem = formatProblem(url, format)
      if (format === owner) t.equal(problem, null, `${format} at ${path}`)
      else
        t.match(problem, new RegExp(`^AUDIT_LOG_HTTPS_URL .*set AUDIT_LOG_HTTPS_FORMAT=${owner}$`))
      t.notMatch(problem ?? '', /siem|hidden/)
    }
  }
  t.equal(
    formatProblem(new URL('https://siem.example/services/collector/event'), 'json_array'),
    'AUDIT_LOG_HTTPS_URL is the address of a Splunk HTTP Event Collector; set AUDIT_LOG_HTTPS_FORMAT=splunk_hec',
  )
})

t.test('so is the raw collector, and a product without a path', async (t) => {
  for (const format of httpsFormatNames) {
    const raw = new URL('https://siem.example/services/collector/raw?channel=hidden')
    t.match(formatProblem(raw, format), /use \/services\/collector\/event with/)
    const bare = formatProblem(new URL('https://siem.example'), format)
    if (format === 'json_array' || format === 'ndjson') t.equal(bare, null)
    else t.match(bare, /has no path; for AUDIT_LOG_HTTPS_FORMAT=\w+ it is usually \//)
  }
})

t.test('any other address may have any format', async (t) => {
  for (const path of ['/in', '/behind/a/proxy', '/api/v1/logs', '/my_bulk']) {
    for (const format of httpsFormatNames) {
      t.equal(formatProblem(new URL(`https://siem.example${path}`), format), null)
    }
  }
})

import { once } from 'node:events'
import { request } from 'node:http'
import t from 'tap'
import { tools } from '../../src/tools/index.js'
import type { ToolName } from '../../src/tools/tool-names.js'
import { callTool } from '../helpers/rpc.js'
import { validArguments } from '../parity/ask.js'
import { turnedClock } from '../pipeline/turned-clock.js'
import { buildHeldApp } from './held-dojo.js'
import { type Message, type WireKind, wireKinds } from './wires.js'

const importScan = {
  name: 'import_scan',
  arguments: { ...validArguments.import_scan, product_type_name: 'Web' },
}

const [modernHttp] = wireKinds as [WireKind]
const isProgress = ({ method }: Message): boolean => method === 'notifications/progress'
const says =
  (text: string) =>
  ({ params }: Message): boolean =>
    params?.message === text

for (const kind of wireKinds) {
  t.test(`${kind.name}: a client that asks hears of a long import until it ends`, async (t) => {
    const clock = turnedClock()
    const service = await buildHeldApp(t, { env: kind.env, clock })
    const wire = await kind.open(t, service)
    const held = service.dojo.hold('POST import-scan/')
    const before = wire.messages.length

    wire.request(7, 'tools/call', { ...importScan, _meta: { progressToken: 'a-token' } })
    await held.arrived
    await wire.until(says('DefectDojo is reading the report'))
    clock.pass(12_000)
    held.release()
    const answer = await wire.answer(7)
    clock.pass(60_000)

    t.notOk(answer.result?.isError)
    const messages = wire.messages.slice(before)
    t.match(
      messages.map(({ method, params }) => [method, params?.progressToken, params?.message]),
      [
        ['notifications/progress', 'a-token', 'Sending the report'],
        ['notifications/progress', 'a-token', 'DefectDojo is reading the report'],
        ['notifications/progress', 'a-token', 'DefectDojo is reading the report (5 s)'],
        ['notifications/progress', 'a-token', 'DefectDojo is reading the report (10 s)'],
        [undefined, undefined, undefined],
      ],
    )
    const values = messages.filter(isProgress).map(({ params }) => Number(params?.progress))
    t.same(values.slice(0, 2), [0, 1])
    t.ok(values.every((value, index) => index === 0 || value > (values[index - 1] ?? value)))
    t.ok(values.every((value) => value < 2))
    t.ok(messages.filter(isProgress).every(({ params }) => params?.total === 2))
    t.equal(clock.timers(), 0)
    t.equal(wire.messages.at(-1), answer, 'nothing comes after the answer')
  })

  t.test(`${kind.name}: a client that does not ask hears nothing but the answer`, async (t) => {
    const clock = turnedClock()
    const service = await buildHeldApp(t, { env: kind.env, clock })
    const wire = await kind.open(t, service)
    const held = service.dojo.hold('POST import-scan/')
    const before = wire.messages.length

    wire.request(7, 'tools/call', importScan)
    await held.arrived
    t.equal(clock.timers(), 0)
    held.release()
    await wire.answer(7)

    t.equal(wire.messages.length, before + 1)
  })
}

t.test('every tool that asks DefectDojo more than once says so before it begins', async (t) => {
  const service = await buildHeldApp(t)
  const wire = await modernHttp.open(t, service)
  const more: Partial<Record<ToolName, object>> = {
    update_finding: { active: true },
    close_finding: { note: 'Fixed in 4.2.' },
    reopen_finding: { note: 'It is back.' },
    import_scan: { product_type_name: 'Web' },
  }
  const several: string[] = []

  for (const [index, { name }] of tools.entries()) {
    const { seen } = service.dojo
    seen.length = 0
    const before = wire.messages.length
    wire.request(index, 'tools/call', {
      name,
      arguments: { ...validArguments[name as ToolName], ...more[name as ToolName] },
      _meta: { progressToken: index, 'io.modelcontextprotocol/logLevel': 'debug' },
    })
    const { result } = await wire.answer(index)
    t.notOk(result?.isError, name)

    const messages = wire.messages.slice(before)
    const progress = messages.filter(isProgress)
    const steps = seen.filter((request) => request !== 'GET ').length
    const asks = steps > 1 || name.endsWith('import_scan')
    if (asks) several.push(name)
    t.equal(progress.length > 0, asks, `${name}: ${seen}`)
    if (asks) {
      t.equal(messages[0], progress[0], 'before anything else')
      t.match(progress[0]?.params, { progressToken: index, progress: 0 })
      t.ok(Number(progress[0]?.params?.total) >= steps)
      t.ok(progress.length >= steps, 'each step is told')
    }
  }

  t.same(several, [
    'update_finding',
    'close_finding',
    'reopen_finding',
    'add_finding_note',
    'remove_finding_tags',
    'import_scan',
    'reimport_scan',
  ])
})

t.test('a single request that takes long has its signs of life too', async (t) => {
  const clock = turnedClock()
  const service = await buildHeldApp(t, { clock })
  const wire = await modernHttp.open(t, service)
  const held = service.dojo.hold('GET findings/')

  wire.request(7, 'tools/call', {
    name: 'list_findings',
    arguments: {},
    _meta: { progressToken: 0 },
  })
  await held.arrived
  clock.pass(10_000)
  held.release()
  await wire.answer(7)

  t.match(
    wire.messages.filter(isProgress).map(({ params }) => params),
    [
      { progressToken: 0, progress: 5, message: 'Waiting for DefectDojo (5 s)' },
      { progressToken: 0, progress: 10, message: 'Waiting for DefectDojo (10 s)' },
    ],
  )
})

t.test('a token that is none is no wish to hear of progress', async (t) => {
  const service = await buildHeldApp(t)
  const wire = await modernHttp.open(t, service)

  for (const [id, progressToken] of [[1], null, true, 1.5, Number.NaN, ''].entries()) {
    wire.request(id, 'tools/call', { ...importScan, _meta: { progressToken } })
    const answer = await wire.answer(id)
    t.ok(answer.result ?? answer.error)
  }

  const tokens = wire.messages.filter(isProgress).map(({ params }) => params?.progressToken)
  t.same([...new Set(tokens)], [''])
})

t.test('a client that does not read holds no call up', async (t) => {
  const clock = turnedClock()
  const service = await buildHeldApp(t, { clock })
  const { headers, payload } = callTool(service.tokens.admin, 'import_scan', importScan.arguments)
  const body = JSON.parse(String(payload))
  body.params._meta.progressToken = 'a-token'
  body.params._meta['io.modelcontextprotocol/logLevel'] = 'debug'
  const held = service.dojo.hold('POST import-scan/')
  const call = request(`${await service.listen()}/mcp`, {
    method: 'POST',
    agent: false,
    headers: headers as Record<string, string>,
  })
  call.on('error', () => {})
  t.teardown(() => call.destroy())
  const opened = once(call, 'socket').then(([socket]) => socket.pause())
  call.end(JSON.stringify(body))
  await opened
  await held.arrived

  clock.pass(86_400_000)
  held.release()
  await service.app.mcp.pipeline.inFlight.idle()

  t.match(service.calls(), [{ tool_name: 'import_scan', outcome: 'success' }])
})

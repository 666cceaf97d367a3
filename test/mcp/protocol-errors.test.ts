import t from 'tap'
import { rpc } from '../helpers/rpc.js'
import { buildTestApp } from '../helpers/test-app.js'
import { wireKinds } from './wires.js'

type Ask = readonly [method: string, params: Record<string, unknown>]

/** What no generation knows, or not from a client. */
const unknown: readonly Ask[] = [
  ['no/such', {}],
  ['constructor', {}],
  ['toString', {}],
  ['Tools/List', {}],
  ['resources/subscribe', { uri: 'defectdojo://instance' }],
  ['sampling/createMessage', {}],
  ['notifications/cancelled', { requestId: 1 }],
]
const unknownSince2026: readonly Ask[] = [
  ['ping', {}],
  ['logging/setLevel', { level: 'debug' }],
  [
    'initialize',
    {
      protocolVersion: '2025-11-25',
      capabilities: {},
      clientInfo: { name: 'test', version: '1' },
    },
  ],
]
const unknownUntil2026: readonly Ask[] = [
  ['server/discover', {}],
  ['subscriptions/listen', {}],
  ['tasks/get', { taskId: '1' }],
]
const badParameters: readonly Ask[] = [
  ...['tools/list', 'resources/list', 'resources/templates/list', 'prompts/list'].flatMap(
    (method): Ask[] => [
      [method, { cursor: 'a-page' }],
      [method, { cursor: 7 }],
      [method, { cursor: null }],
    ],
  ),
  ['resources/read', {}],
  ['resources/read', { uri: 7 }],
  ['resources/read', { uri: 'defectdojo://nothing' }],
  ['prompts/get', {}],
  ['prompts/get', { name: 7 }],
  ['prompts/get', { name: 'no_such_prompt' }],
  ['completion/complete', {}],
  ['completion/complete', { ref: { type: 'ref/prompt', name: 'x' }, argument: { name: 'y' } }],
]
const badUntil2026: readonly Ask[] = [
  ['initialize', {}],
  ['initialize', { protocolVersion: 7 }],
  ['logging/setLevel', {}],
  ['logging/setLevel', { level: 'loud' }],
]

for (const kind of wireKinds) {
  t.test(`${kind.name}: errors have the protocol's numbers`, async (t) => {
    const service = await buildTestApp(t, { env: kind.env })
    const wire = await kind.open(t, service)
    let id = 10
    const codeOf = async ([method, params]: Ask): Promise<unknown> => {
      id += 1
      wire.request(id, method, params)
      const { error, result } = await wire.answer(id)
      return error?.code ?? result
    }

    for (const ask of [...unknown, ...(kind.modern ? unknownSince2026 : unknownUntil2026)]) {
      t.equal(await codeOf(ask), -32601, JSON.stringify(ask))
    }
    for (const ask of [...badParameters, ...(kind.modern ? [] : badUntil2026)]) {
      t.equal(await codeOf(ask), -32602, JSON.stringify(ask))
    }
    if (!kind.modern) {
      t.same(await codeOf(['ping', {}]), {})
      t.same(await codeOf(['logging/setLevel', { level: 'emergency' }]), {})
    }
    t.match(await codeOf(['tools/list', {}]), { tools: Array }, 'and all goes on')
  })
}

t.test(
  'since 2026-07-28 an unknown method is also not found over HTTP, a bad one is',
  async (t) => {
    const { app, tokens } = await buildTestApp(t)

    for (const [method, params] of [...unknown, ...unknownSince2026]) {
      const response = await app.inject(rpc(tokens.admin, method, params))
      t.equal(response.statusCode, 404, method)
      t.match(response.json(), { id: 1, error: { code: -32601 } }, method)
    }
    for (const cursor of ['a-page', 7]) {
      const response = await app.inject(rpc(tokens.admin, 'tools/list', { cursor }))
      t.match(response.json(), { id: 1, error: { code: -32602, message: /^Invalid cursor/ } })
    }
  },
)

t.test('what is wrong with parameters is said in our words', async (t) => {
  for (const kind of wireKinds.filter(({ modern }) => !modern)) {
    const wire = await kind.open(t, await buildTestApp(t, { env: kind.env }))

    for (const [id, ask] of badUntil2026.entries()) {
      wire.request(id + 10, ...ask)
      const { error } = await wire.answer(id + 10)
      t.match(error?.message, /^(Invalid params for initialize|level must be one of debug, )/)
    }
  }
})

t.test(
  'no member that the protocol keeps for itself comes between a call and its record',
  async (t) => {
    const service = await buildTestApp(t)
    const calls: readonly Ask[] = [
      ['tools/call', { name: 'health_check' }],
      ['resources/read', { uri: 'defectdojo://instance' }],
      ['prompts/get', { name: 'work_queue' }],
    ]

    for (const [method, params] of calls) {
      const withState = { ...params, requestState: 5, inputResponses: 5 }
      const response = await service.app.inject(rpc(service.tokens.admin, method, withState))
      t.match(response.json(), { result: { resultType: 'complete' } }, method)
    }
    t.match(service.calls(), [
      { outcome: 'success' },
      { outcome: 'success' },
      { outcome: 'success' },
    ])
  },
)

import t from 'tap'
import { resources } from '../../src/resources/index.js'
import { rpc } from '../helpers/rpc.js'
import { buildTestApp } from '../helpers/test-app.js'

t.test('every id in an address can be completed, and what is suggested can be read', async (t) => {
  const service = await buildTestApp(t)
  const { app, tokens } = service
  const templates = resources.filter(({ uri }) => /\{\w+\}/.test(uri))

  for (const { name, uri } of templates) {
    const [, variable = ''] = /\{(\w+)\}/.exec(uri) ?? []
    const answer = await app.inject(
      rpc(tokens.reader, 'completion/complete', {
        ref: { type: 'ref/resource', uri },
        argument: { name: variable, value: '' },
      }),
    )
    const { values } = answer.json().result.completion
    t.ok(values.length > 0, uri)
    t.match(service.calls().at(-1), {
      tool_name: `completion/complete:${name}.${variable}`,
      outcome: 'success',
    })
    const address = uri.replace(`{${variable}}`, values[0]).replace(/\{\?.*$/, '')
    const read = await app.inject(rpc(tokens.reader, 'resources/read', { uri: address }))
    t.match(read.json().result, { contents: [{ uri: address }] }, address)
  }
  t.equal(templates.length, 8)
})

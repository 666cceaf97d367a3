import { once } from 'node:events'
import fc from 'fast-check'
import t from 'tap'
import { wholeLines } from '../../cli/whole-lines.js'
import { modernMeta } from '../helpers/rpc.js'
import { startGatedStdio } from './gated-stdio.js'

const initializeLine = `${JSON.stringify({
  jsonrpc: '2.0',
  id: 1,
  method: 'initialize',
  params: {
    protocolVersion: '2025-11-25',
    capabilities: {},
    clientInfo: { name: 'a', version: '1' },
  },
})}\n`
const noteLine = `${JSON.stringify({
  jsonrpc: '2.0',
  id: 2,
  method: 'tools/call',
  params: { name: 'add_finding_note', arguments: { finding_id: 1, entry: 'Seen.' } },
})}\n`

t.test('over stdio, garbage is passed over and stdout carries the protocol only', async (t) => {
  const { command, stdin } = await startGatedStdio(t, { LOG_LEVEL: 'DEBUG' })

  stdin.write('garbage\n{"a"\n\n\0\n[]\nnull\n{"jsonrpc":"2.0","id":{},"method":1}\n')
  stdin.write(Buffer.from([0xff, 0xfe, 0x0a]))
  stdin.write(initializeLine)
  await command.firstLine()
  stdin.end()

  t.equal(await command.ended(), 0)
  const lines = command.output().stdout.trim().split('\n')
  t.ok(lines.every((line) => JSON.parse(line).jsonrpc === '2.0'))
  t.ok(lines.some((line) => JSON.parse(line).result?.serverInfo))
})

t.test('a mutation under way when stdin ends is made and recorded', async (t) => {
  const { command, stdin, gate, sandbox, records } = await startGatedStdio(t)
  stdin.write(initializeLine)
  await command.firstLine()
  stdin.write(noteLine)
  await gate.arrived(1)

  stdin.end()
  gate.open()

  t.equal(await command.ended(), 0)
  t.equal(sandbox.writes(), 1)
  t.match(
    records().filter(({ event_type }) => event_type === 'audit'),
    [{ tool_name: 'add_finding_note', outcome: 'success', transport: 'stdio' }],
  )
  t.match(records().at(-2), { event_type: 'lifecycle', shutdown_reason: 'lifespan_exit' })
})

t.test('when nobody reads its stdout any more the process ends in order', async (t) => {
  const { command, stdin, stdout, records } = await startGatedStdio(t)
  stdin.write(initializeLine)
  await command.firstLine()

  stdout.destroy()
  while (command.child.exitCode === null && stdin.writable) {
    await new Promise((resolve) =>
      stdin.write('{"jsonrpc":"2.0","id":3,"method":"ping"}\n', resolve),
    )
  }

  t.equal(await command.ended(), 0)
  t.match(records().at(-2), { event_type: 'lifecycle', shutdown_reason: 'lifespan_exit' })
})

t.test('SIGTERM ends the process although a client that listens does not read', async (t) => {
  const { command, stdin, stdout, gate, records } = await startGatedStdio(t)
  const ask = (id: number, method: string, params: object = {}) =>
    stdin.write(
      `${JSON.stringify({ jsonrpc: '2.0', id, method, params: { ...params, _meta: modernMeta } })}\n`,
    )
  ask(1, 'subscriptions/listen', { notifications: { toolsListChanged: true } })
  await command.firstLine()

  stdout.pause()
  for (let id = 2; id < 100; id += 1) ask(id, 'tools/list')
  ask(100, 'tools/call', { name: 'get_finding', arguments: { finding_id: 1 } })
  await gate.arrived(1)
  gate.open()
  command.child.kill('SIGTERM')

  t.equal(await command.ended(), 0)
  t.match(records().at(-2), { event_type: 'lifecycle', shutdown_reason: 'lifespan_exit' })
})

t.test('a line that is too long ends the process in order', async (t) => {
  const { command, stdin, records } = await startGatedStdio(t, {
    MCP_MAX_IMPORT_BODY_BYTES: '262144',
  })

  stdin.write('a'.repeat(1_000_000))

  t.equal(await command.ended(), 0)
  t.match(command.output().stderr, /a line of more than 262144 bytes on stdin/)
  t.match(records().at(-2), { event_type: 'lifecycle', shutdown_reason: 'lifespan_exit' })
})

t.test('bytes are passed on in whole lines, each once', async (t) => {
  const seed = Date.now() % 1_000_000
  t.comment(`seed ${seed}`)
  const piece = fc.uint8Array({ maxLength: 12 }).map((bytes) => bytes.map((byte) => byte % 12))

  await fc.assert(
    fc.asyncProperty(fc.array(piece), async (pieces) => {
      const lines = wholeLines(1_000)
      const passed: Buffer[] = []
      lines.on('data', (chunk: Buffer) => passed.push(chunk))
      for (const bytes of pieces) lines.write(bytes)
      lines.end()
      await once(lines, 'end')
      const all = Buffer.concat(pieces)
      const whole = all.subarray(0, all.lastIndexOf('\n') + 1)
      return Buffer.concat(passed).equals(whole) && passed.every((chunk) => chunk.at(-1) === 10)
    }),
    { numRuns: 200, seed },
  )

  // One copy, however many pieces: 512 of them made 8 GB before.
  const large = wholeLines(64 * 1_048_576)
  const copies: number[] = []
  large.on('data', (chunk: Buffer) => copies.push(chunk.length))
  const part = Buffer.alloc(65_536, 'a')
  for (let count = 0; count < 512; count += 1) {
    if (!large.write(part)) await once(large, 'drain')
  }
  large.end('\n')
  await once(large, 'end')
  t.same(copies, [512 * 65_536 + 1])
})

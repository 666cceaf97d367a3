import { createServer, type ServerResponse } from 'node:http'
import { type AddressInfo, connect, type Socket } from 'node:net'
import t, { type Test } from 'tap'
import { cutOffUnread } from '../../src/access/unread-answer.js'

const mebibyte = 1_048_576
const unreadMs = 200

/** A server that answers with `answer`, and the connection of a client that has asked and reads nothing; `ended` when the server has done with it. */
async function asked(t: Test, answer: (response: ServerResponse) => void) {
  const server = createServer()
  const ended = new Promise((resolve) => {
    server.on('request', ({ socket }, response) => {
      cutOffUnread(response, unreadMs)
      socket.once('close', resolve)
      answer(response)
    })
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const client = connect((server.address() as AddressInfo).port, '127.0.0.1')
  client.pause()
  client.on('error', () => {})
  client.write('GET / HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n\r\n')
  t.teardown(() => {
    client.destroy()
    server.close()
  })
  return { client, ended }
}

/** Reads a piece, waits, and goes on, until the server has ended; resolves to the bytes that came. */
async function readSlowly(client: Socket, pauseMs: number): Promise<number> {
  let bytes = 0
  client.on('data', ({ length }) => {
    bytes += length
    client.pause()
    setTimeout(() => client.resume(), pauseMs)
  })
  const end = new Promise((resolve) => client.once('close', resolve))
  client.resume()
  await end
  return bytes
}

t.test('a client that reads nothing of its answer is cut off', async (t) => {
  const { client, ended } = await asked(t, (response) => response.end(Buffer.alloc(32 * mebibyte)))
  await ended

  t.ok((await readSlowly(client, 0)) < 32 * mebibyte)
})

t.test('so is one that stops reading a stream', async (t) => {
  const { ended } = await asked(t, (response) => {
    const more = setInterval(() => response.write(Buffer.alloc(mebibyte)), 20)
    response.once('close', () => clearInterval(more))
  })

  await t.resolves(ended)
})

t.test('one that reads slowly gets all of it', async (t) => {
  const { client } = await asked(t, (response) => response.end(Buffer.alloc(16 * mebibyte)))

  t.ok((await readSlowly(client, 5)) > 16 * mebibyte)
})

t.test('a stream may have nothing to say for as long as it likes', async (t) => {
  const { client } = await asked(t, (response) => {
    response.write('first')
    setTimeout(() => response.end('last'), 4 * unreadMs)
  })
  let text = ''
  for await (const piece of client) text += piece

  t.match(text, /first.*last/s)
})

import type { Socket } from 'node:net'

/** What the server does about a message: takes it, takes it and answers when it is told to, refuses it, or goes. */
export type Reaction = 'take' | 'later' | 'nothing' | 'refuse' | 'reset' | 'end' | 'serverclose'

/** A RELP server that insists on what the protocol says. */
export interface RelpServer {
  onSocket(socket: Socket): void
  /** The messages it took, in the order of their arrival. */
  readonly messages: string[]
  /** Whatever a client did that it must not do. */
  readonly violations: string[]
  readonly connections: number
  /** Orderly ends by the client. */
  readonly closes: number
  /** By the number of the message, from 1, over all connections. */
  react: (count: number) => Reaction
  /** The answer to an offer. */
  openAnswer: string
  /** The first transaction of a connection. */
  firstTransaction: number
  /** The answers that were put off, last ones first if so wished. */
  release(reversed?: boolean): void
  /** Resolves when so many messages have arrived. */
  arrived(count: number): Promise<void>
}

const maxWindow = 128
const highest = 999_999_999

/** Nothing listens yet: `onSocket` is for a server over TCP or TLS. */
export function relpServer(): RelpServer {
  const messages: string[] = []
  const violations: string[] = []
  const waiting: { count: number; resolve: () => void }[] = []
  let later: (() => void)[] = []
  let connections = 0
  let closes = 0
  let count = 0

  function onSocket(socket: Socket): void {
    let bytes = Buffer.alloc(0)
    let expected = server.firstTransaction
    let opened = false
    let unanswered = 0
    connections++
    // Otherwise each batch would wait for the delayed acknowledgement of its first answer.
    socket.setNoDelay(true)
    socket.on('error', () => {})
    const send = (transaction: number, command: string, data: string): void => {
      if (socket.writable) {
        socket.write(`${transaction} ${command} ${Buffer.byteLength(data)}${data && ` ${data}`}\n`)
      }
    }
    const respond = (transaction: number, data: string): void => {
      unanswered--
      send(transaction, 'rsp', data)
    }

    function onMessage(transaction: number, text: string): void {
      if (++unanswered > maxWindow) violations.push(`${unanswered} unanswered messages`)
      const reaction = server.react(++count)
      if (reaction === 'take' || reaction === 'later') messages.push(text)
      if (reaction === 'take') respond(transaction, '200 OK')
      if (reaction === 'later') later.push(() => respond(transaction, '200 OK'))
      if (reaction === 'refuse') respond(transaction, '500 error')
      if (reaction === 'reset') socket.resetAndDestroy()
      if (reaction === 'end') socket.end()
      if (reaction === 'serverclose') {
        send(0, 'serverclose', '')
        socket.end()
      }
      for (const each of waiting) if (count >= each.count) each.resolve()
    }

    function onFrame(transaction: number, command: string, data: string): void {
      if (transaction !== expected) violations.push(`${transaction} instead of ${expected}`)
      expected = transaction === highest ? 1 : transaction + 1
      if (command === 'open' && !opened) {
        opened = true
        const offers = data.split('\n')
        if (!offers.includes('relp_version=0') || !offers.includes('commands=syslog')) {
          violations.push(`an offer of ${data}`)
        }
        send(transaction, 'rsp', server.openAnswer)
      } else if (command === 'syslog' && opened) {
        onMessage(transaction, data)
      } else if (command === 'close' && opened) {
        closes++
        send(transaction, 'rsp', '')
        send(0, 'serverclose', '')
        socket.end()
      } else {
        violations.push(`${command} at the wrong time`)
      }
    }

    socket.on('data', (chunk: Buffer) => {
      bytes = Buffer.concat([bytes, chunk])
      while (bytes.length > 0 && socket.writable) {
        const head = /^(\d{1,9}) ([a-z]{1,32}) (\d{1,9})(?:( )|(\n))/.exec(
          bytes.toString('latin1', 0, 64),
        )
        if (!head) break
        const start = head[0].length
        const end = start + Number(head[3])
        // A frame without data ends with the line feed of its header.
        if (bytes.length <= end && !head[5]) break
        if (!head[5] && bytes[end] !== 0x0a) violations.push('a frame without its end')
        const data = bytes.toString('utf8', start, end)
        bytes = bytes.subarray(head[5] ? start : end + 1)
        onFrame(Number(head[1]), head[2] ?? '', data)
      }
    })
    socket.on('end', () => socket.end())
  }

  const server: RelpServer = {
    onSocket,
    messages,
    violations,
    get connections() {
      return connections
    },
    get closes() {
      return closes
    },
    react: () => 'take',
    openAnswer: '200 OK\nrelp_version=0\nrelp_software=strict\ncommands=syslog',
    firstTransaction: 1,

    release(reversed = false) {
      const answers = reversed ? later.reverse() : later
      later = []
      for (const answer of answers) answer()
    },

    arrived: (wanted) =>
      new Promise((resolve) => {
        if (count >= wanted) resolve()
        else waiting.push({ count: wanted, resolve })
      }),
  }
  return server
}

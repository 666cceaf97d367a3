import { createSocket } from 'node:dgram'
import { once } from 'node:events'
import { type AddressInfo, createServer, type Socket } from 'node:net'

/** A receiver in this process that keeps what arrives byte for byte, and takes nothing that is not framed as it must be. */
export interface RawReceiver {
  readonly port: number
  /** Each message as it came, its bytes as Latin-1. */
  readonly messages: string[]
  /** What was no message. */
  readonly violations: string[]
  end(): Promise<void>
}

/** Octet counting (RFC 6587) over tcp, RELP over relp, and a message per datagram over udp. */
export async function startRawReceiver(protocol: 'udp' | 'tcp' | 'relp'): Promise<RawReceiver> {
  const messages: string[] = []
  const violations: string[] = []
  if (protocol === 'udp') {
    const socket = createSocket({ type: 'udp4', recvBufferSize: 4_194_304 })
    socket.on('message', (bytes) => messages.push(bytes.toString('latin1')))
    socket.bind(0, '127.0.0.1')
    await once(socket, 'listening')
    const end = async (): Promise<void> => void socket.close()
    return { port: socket.address().port, messages, violations, end }
  }

  const sockets = new Set<Socket>()
  const server = createServer({ allowHalfOpen: true }, (socket) => {
    let buffered = ''
    sockets.add(socket)
    socket.on('close', () => sockets.delete(socket))
    socket.on('error', () => {})
    socket.on('data', (bytes) => {
      buffered += bytes.toString('latin1')
      buffered = take(buffered, socket)
    })
    socket.on('end', () => {
      if (buffered !== '') violations.push(`an end within a frame: ${buffered.slice(0, 100)}`)
      socket.end()
    })
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')

  /** Takes the frames that are whole; returns what is left. */
  function take(buffered: string, socket: Socket): string {
    const next = protocol === 'tcp' ? counted : relpFrame
    let rest = buffered
    for (;;) {
      const frame = next(rest)
      if (frame === null) return rest
      if (frame === 'violation') {
        violations.push(rest.slice(0, 100))
        socket.destroy()
        return ''
      }
      rest = rest.slice(frame.bytes)
      if (frame.command === 'syslog') messages.push(frame.data)
      if (frame.number !== undefined) answer(socket, frame.number, frame.command)
    }
  }

  return {
    port: (server.address() as AddressInfo).port,
    messages,
    violations,
    async end() {
      for (const socket of sockets) socket.destroy()
      server.close()
      await once(server, 'close')
    },
  }
}

interface Frame {
  readonly command: string
  readonly data: string
  readonly bytes: number
  readonly number?: string
}

function counted(text: string): Frame | 'violation' | null {
  const length = /^([1-9]\d{0,5}) /.exec(text)
  if (!length) return /^([1-9]\d{0,5})?$/.test(text) ? null : 'violation'
  const bytes = length[0].length + Number(length[1])
  if (text.length < bytes) return null
  return { command: 'syslog', data: text.slice(length[0].length, bytes), bytes }
}

function relpFrame(text: string): Frame | 'violation' | null {
  const head = /^(\d{1,9}) ([a-z]{1,32}) (\d{1,9})([ \n])/.exec(text)
  if (!head) return /^[\da-z ]{0,54}$/.test(text) ? null : 'violation'
  const [start, number = '', command = '', length, next] = head
  const size = Number(length)
  if (size === 0) return { number, command, data: '', bytes: start.length }
  if (next !== ' ') return 'violation'
  const bytes = start.length + size + 1
  if (text.length < bytes) return null
  if (text[bytes - 1] !== '\n') return 'violation'
  return { number, command, data: text.slice(start.length, bytes - 1), bytes }
}

function answer(socket: Socket, number: string, command: string): void {
  const offers = '200 OK\nrelp_version=0\nrelp_software=proof\ncommands=syslog'
  const text = command === 'open' ? offers : command === 'syslog' ? '200 OK' : ''
  socket.write(`${number} rsp ${text.length}${text === '' ? '' : ' '}${text}\n`)
  if (command === 'close') socket.end('0 serverclose 0\n')
}

import type { Socket } from 'node:net'
import { DeliveryError, deliveryError } from '../destination.js'
import { createRelpReader, maxTransaction, type RelpFrame, relpFrame } from './relp-frames.js'

/** RELP over one connection, from its opening to its end. */
export interface RelpSession {
  /** False once it has failed or ended: then there has to be another one. */
  readonly usable: boolean
  /** Agrees with the receiver on what is spoken. */
  open(): Promise<void>
  /** Resolves when each message is acknowledged; otherwise `taken` is how many of the first were. One batch at a time. */
  send(messages: readonly string[]): Promise<void>
  /** Ends it: in an orderly way if nothing is on its way, and without waiting. */
  end(): void
}

/** Requests that belong together and their answers. */
interface Batch {
  readonly first: number
  readonly command: string
  readonly texts: readonly string[]
  readonly answers: (string | null)[]
  /** How many of them are written, and how many are answered. */
  written: number
  answered: number
  resolve(): void
  reject(error: DeliveryError): void
}

/** librelp takes so many unanswered messages. */
const window = 128

const offer = 'relp_version=0\nrelp_software=mcp-defectdojo\ncommands=syslog\n'

/** `firstTransaction` is for those who do not want to send 999,999,999 messages to see what follows. */
export function createRelpSession(
  socket: Socket,
  timeoutMilliseconds: number,
  firstTransaction = 1,
): RelpSession {
  let next = firstTransaction
  let batch: Batch | null = null
  let failure: DeliveryError | null = null
  let timer: NodeJS.Timeout | undefined

  function fail(error: unknown): void {
    failure ??= deliveryError(error)
    clearTimeout(timer)
    socket.destroy()
    const failed = batch
    batch = null
    if (!failed) return
    const unanswered = failed.answers.indexOf(null)
    failed.reject(new DeliveryError(failure.reason, { taken: unanswered }))
  }

  /** What is wrong with a frame, if anything. */
  function objection({ transaction, command, data }: RelpFrame, place: number): string | null {
    // The receiver is about to go, and answers no more.
    if (command === 'serverclose') return 'serverclose'
    // Every answer there is has the number of a message that still waits for it.
    const isSent = batch !== null && place < batch.written && batch.answers[place] === null
    const expected = command === 'rsp' && transaction > 0 && isSent
    const code = /^\d{3}(?!\d)/.exec(data)?.[0]
    if (!expected || !code) return 'not_relp'
    return code === '200' ? null : `relp_${code}`
  }

  function onFrame(frame: RelpFrame): void {
    if (failure) return
    const place = (frame.transaction - (batch?.first ?? 0) + maxTransaction) % maxTransaction
    const reason = objection(frame, place)
    if (reason || !batch) {
      fail(new DeliveryError(reason ?? 'not_relp'))
      return
    }
    batch.answers[place] = frame.data
    timer?.refresh()
    batch.answered++
    if (batch.answered < batch.texts.length) return
    clearTimeout(timer)
    const { resolve } = batch
    batch = null
    resolve()
  }

  function request(command: string, texts: readonly string[]): Promise<(string | null)[]> {
    if (failure) return Promise.reject(failure)
    return new Promise((resolve, reject) => {
      const answers = texts.map(() => null)
      batch = {
        ...{ first: next, command, texts, answers, written: 0, answered: 0 },
        resolve: () => resolve(answers),
        reject,
      }
      timer = setTimeout(() => fail(new DeliveryError('timeout')), timeoutMilliseconds)
      writeMore()
    })
  }

  /**
   * Fills the window again as soon as anything is answered. What is written carries the TCP acknowledgement along, for which a
   * receiver with Nagle's algorithm keeps its other answers back, up to 40 ms at a time.
   */
  function writeMore(): void {
    if (!batch) return
    const { command, texts, written, answered } = batch
    const room = window - (written - answered)
    if (written === texts.length || room === 0) return
    let frames = ''
    for (const text of texts.slice(written, written + room)) {
      frames += relpFrame(next, command, text)
      next = (next % maxTransaction) + 1
      batch.written++
    }
    socket.write(frames, 'latin1')
  }

  const read = createRelpReader(onFrame)
  socket.on('error', fail)
  socket.on('end', () => fail(new DeliveryError('closed_early')))
  socket.on('close', () => fail(new DeliveryError('closed_early')))
  socket.on('data', (chunk: Buffer) => {
    if (failure) return
    try {
      read(chunk)
      writeMore()
    } catch (error) {
      fail(error)
    }
  })
  if (socket.destroyed) fail(new DeliveryError('closed_early'))

  return {
    get usable() {
      return failure === null
    },

    async open() {
      const [answer] = await request('open', [offer])
      const commands = /^commands=(.*)$/m.exec(answer ?? '')?.[1]?.split(',') ?? []
      if (commands.some((command) => command.trim() === 'syslog')) return
      fail(new DeliveryError('no_syslog_command'))
      throw failure
    },

    async send(messages) {
      if (messages.length > 0) await request('syslog', messages)
    },

    end() {
      const idle = batch === null && failure === null && socket.writableLength === 0
      if (!idle) {
        fail(new DeliveryError('closed'))
        return
      }
      failure = new DeliveryError('closed')
      socket.unref()
      socket.write(relpFrame(next, 'close', ''))
      socket.destroySoon()
    },
  }
}

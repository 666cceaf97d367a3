import { spawn } from 'node:child_process'
import { randomInt } from 'node:crypto'
import { createSocket } from 'node:dgram'
import { once } from 'node:events'
import { closeSync, existsSync, openSync, readFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { join } from 'node:path'
import { until } from './audited-server.js'

/** Certificate files of a receiver that speaks TLS. */
export interface ReceiverTlsFiles {
  /** The authority that client certificates are verified against. */
  readonly caFile: string
  readonly certFile: string
  readonly keyFile: string
  /** The name in the client certificate without which nobody is let in; absent, nobody is asked for one. */
  readonly clientName?: string
}

/** A message as the receiver took it apart; what is not there is `-`. */
export interface ParsedMessage {
  readonly pri: string
  readonly timestamp: string
  readonly hostname: string
  readonly appName: string
  readonly procid: string
  readonly msgid: string
  readonly structuredData: string
  readonly msg: string
}

/** A program from outside that receives syslog and writes what it received to files. */
export interface SyslogReceiver<T extends string> {
  /** Of the process that runs now, or of the last one. */
  readonly pid: number
  /** The same over every restart. */
  readonly ports: Readonly<Record<T, number>>
  /** One message text per line, exactly as it came. */
  readonly file: string
  /** The whole lines of `file`. */
  records(): string[]
  /** The same messages with their other fields; none if the receiver was started with `fields: false`. */
  parsed(): ParsedMessage[]
  /** What the program said of itself. */
  log(): string
  /** Starts it again on the same ports, with the same files; ends it in order first if it still runs. */
  restart(): Promise<void>
  /** SIGTERM; resolves when it has ended. */
  terminate(): Promise<void>
  /** SIGKILL; resolves when it has ended. */
  kill(): Promise<void>
  /** SIGSTOP: it keeps its connections and does nothing. */
  stop(): void
  cont(): void
  /** Ends it at once if it still runs; its files stay. */
  end(): Promise<void>
}

export interface ReceiverProgram<T extends string> {
  readonly name: string
  readonly command: string
  readonly args: readonly string[]
  readonly folder: string
  readonly ports: Readonly<Record<T, number>>
  readonly file: string
  readonly fieldsFile: string
}

type Protocol = 'tcp' | 'udp'
const protocolOf = (transport: string): Protocol => (transport === 'udp' ? 'udp' : 'tcp')

/** A port for each transport: those given, and free ones for the others. */
export async function receiverPorts<T extends string>(
  transports: readonly T[],
  given: Partial<Record<T, number>> = {},
): Promise<Record<T, number>> {
  const ports = {} as Record<T, number>
  for (const transport of transports) {
    ports[transport] = given[transport] ?? (await lastingPort(protocolOf(transport)))
  }
  return ports
}

/**
 * A port that stays free while its receiver is down. Those that the system gives to outgoing connections do not: one of
 * the very clients that knock in the meantime may get it.
 */
export async function lastingPort(protocol: Protocol = 'tcp'): Promise<number> {
  for (;;) {
    const port = randomInt(10_000, 32_000)
    if (await isFree(protocol, port)) return port
  }
}

async function isFree(protocol: Protocol, port: number): Promise<boolean> {
  const socket = protocol === 'udp' ? createSocket('udp4') : createServer()
  try {
    if ('bind' in socket) socket.bind(port, '127.0.0.1')
    else socket.listen(port, '127.0.0.1')
    await once(socket, 'listening')
    socket.close()
    await once(socket, 'close')
    return true
  } catch {
    return false
  }
}

/** Whether someone listens; asked of the system, since a connection would be an event for the receiver. */
function isBound(protocol: Protocol, port: number): boolean {
  const local = `:${port.toString(16).toUpperCase().padStart(4, '0')}`
  return [`/proc/net/${protocol}`, `/proc/net/${protocol}6`]
    .filter(existsSync)
    .flatMap((file) => readFileSync(file, 'utf8').split('\n'))
    .map((line) => line.trim().split(/\s+/))
    .some(([, address, , state]) => {
      return address?.endsWith(local) && (protocol === 'udp' || state === '0A')
    })
}

const linesOf = (file: string): string[] =>
  existsSync(file) ? readFileSync(file, 'utf8').split('\n').slice(0, -1) : []

/** Starts the program and waits until it listens on all its ports. */
export async function startReceiver<T extends string>(
  program: ReceiverProgram<T>,
): Promise<SyslogReceiver<T>> {
  const { name, command, args, folder, ports, file, fieldsFile } = program
  const logFile = join(folder, `${name}.log`)
  const log = (): string => (existsSync(logFile) ? readFileSync(logFile, 'utf8') : '')
  let running = await launch()

  async function launch() {
    const output = openSync(logFile, 'a')
    const child = spawn(command, args, { cwd: folder, stdio: ['ignore', output, output] })
    closeSync(output)
    const exit = once(child, 'exit')
    // A proof that fails half-way neither waits for it nor leaves it behind.
    const abandon = (): void => void child.kill('SIGKILL')
    process.once('exit', abandon)
    void exit.then(
      () => process.off('exit', abandon),
      () => {},
    )
    const ended = (): boolean => child.exitCode !== null || child.signalCode !== null
    await Promise.race([once(child, 'spawn'), exit])
    await until(`${name} listens`, () => {
      if (ended()) throw new Error(`${name} did not start:\n${log().slice(-2_000)}`)
      return Object.entries<number>(ports).every(([transport, port]) =>
        isBound(protocolOf(transport), port),
      )
    }).catch((error) => {
      abandon()
      throw new Error(`${error.message}; what it said:\n${log().slice(-2_000)}`)
    })
    child.unref()
    return { child, exit, ended }
  }

  async function endBy(signal: NodeJS.Signals): Promise<void> {
    const { child, exit, ended } = running
    if (ended()) return
    child.ref()
    child.kill(signal)
    // A stopped process hears nothing else.
    if (signal !== 'SIGKILL') child.kill('SIGCONT')
    await exit
  }

  return {
    get pid() {
      return running.child.pid ?? 0
    },
    ports,
    file,
    records: () => linesOf(file),
    parsed: () => linesOf(fieldsFile).map(parsedMessage),
    log,
    async restart() {
      await endBy('SIGTERM')
      running = await launch()
    },
    terminate: () => endBy('SIGTERM'),
    kill: () => endBy('SIGKILL'),
    stop: () => void running.child.kill('SIGSTOP'),
    cont: () => void running.child.kill('SIGCONT'),
    end: () => endBy('SIGKILL'),
  }
}

/** The names that both configurations give to the fields. */
function parsedMessage(line: string): ParsedMessage {
  const fields = JSON.parse(line) as Record<string, unknown>
  const text = (name: string): string => {
    const value = fields[name]
    return value === undefined || value === '' ? '-' : String(value)
  }
  return {
    pri: text('pri'),
    timestamp: text('timestamp'),
    hostname: text('hostname'),
    appName: text('appname'),
    procid: text('procid'),
    msgid: text('msgid'),
    structuredData: text('sd'),
    msg: text('msg'),
  }
}

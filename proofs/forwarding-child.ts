import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { setTimeout as pause } from 'node:timers/promises'
import type { RecordMakerOptions, RecordMakerState } from './record-maker.js'
import { root } from './run-command.js'

/** A process that makes records and forwards them. */
export interface ForwardingChild {
  readonly pid: number
  /** As it was when it came up. */
  readonly initial: RecordMakerState
  state(): Promise<RecordMakerState>
  /** Makes records; resolves when they are on disk. */
  make(count: number, perSecond?: number): Promise<RecordMakerState>
  /** Tries so many changes, one after the other. */
  change(count: number): Promise<RecordMakerState>
  /** Waits until nothing waits for any destination; milliseconds, or null when it took too long. */
  drained(withinMs: number): Promise<number | null>
  /** Ends it in order. */
  end(): Promise<{ status: number | null; milliseconds: number; state: RecordMakerState | null }>
  kill(): Promise<void>
}

const program = join(root, 'dist/proofs/record-maker.js')

/** Starts it; rejects with what it said when it does not come up. */
export async function startForwardingChild(options: RecordMakerOptions): Promise<ForwardingChild> {
  const child = spawn(process.execPath, [program, JSON.stringify(options)], {
    stdio: ['pipe', 'pipe', 'inherit'],
  })
  const exit = once(child, 'exit')
  const abandon = (): void => void child.kill('SIGKILL')
  process.once('exit', abandon)
  void exit.then(() => process.off('exit', abandon))
  child.stdin.on('error', () => {})
  const answers = createInterface({ input: child.stdout })[Symbol.asyncIterator]()
  const next = async (): Promise<RecordMakerState> => {
    const { value, done } = await answers.next()
    if (done) throw new Error('the process that makes records has ended')
    return JSON.parse(value) as RecordMakerState
  }
  const tell = (line: string): Promise<RecordMakerState> => {
    child.stdin.write(`${line}\n`)
    return next()
  }
  const initial = await next()

  return {
    pid: child.pid ?? 0,
    initial,
    state: () => tell('state'),
    make: (count, perSecond = Number.POSITIVE_INFINITY) => tell(`make ${count} ${perSecond}`),
    change: (count) => tell(`change ${count}`),
    async drained(withinMs) {
      const startedAt = performance.now()
      for (;;) {
        const { destinations } = await tell('state')
        const took = performance.now() - startedAt
        if (destinations.every(({ waitingRecords }) => waitingRecords === 0)) return took
        if (took > withinMs) return null
        await pause(20)
      }
    },
    async end() {
      const startedAt = performance.now()
      child.stdin.write('end\n')
      const state = await next().catch(() => null)
      const [status] = (await exit) as [number | null]
      return { status, milliseconds: performance.now() - startedAt, state }
    },
    async kill() {
      child.kill('SIGKILL')
      await exit
    },
  }
}

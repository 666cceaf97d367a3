import { spawn } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { until } from './audited-server.js'

/** One system call as strace saw it; `began` and `ended` count its lines, so they tell what came before what. */
export interface SystemCall {
  readonly name: string
  /** What its first argument, a descriptor, stands for: a path, or both ends of a connection. */
  readonly target: string
  /** The line as strace wrote it, both halves together. */
  readonly text: string
  readonly began: number
  readonly ended: number
  readonly failed: boolean
}

/**
 * Arguments of strace with which it runs a program and writes its system calls to `file`. It goes to the background (`-D`), so that the
 * started process is the program itself, which can be ended by its id.
 */
export const traced = (file: string, calls: string): string[] => [
  ...['strace', '-D', '-f', '-ttt', '-yy', '-s', '200000', '-e', `trace=${calls}`, '-o', file],
]

/** Waits until strace has written the end of process `pid`, and reads what it wrote. */
export async function readTrace(file: string, pid: number): Promise<SystemCall[]> {
  let lines: string[] = []
  await until('strace has written its last line', () => {
    lines = readFileSync(file, 'latin1').split('\n')
    const own = lines.findLast((line) => line.startsWith(`${pid} `))
    return own !== undefined && /\+\+\+ (?:exited|killed)/.test(own)
  })
  const unfinished = new Map<string, { text: string; began: number }>()
  const calls: SystemCall[] = []
  for (const [index, line] of lines.entries()) {
    const [, thread = '', text = ''] = /^(\d+) +[\d.]+ (.*)$/.exec(line) ?? []
    const [, , rest] = /^<\.\.\. (\w+) resumed>(.*)$/.exec(text) ?? []
    const beginning = /^(.*) <unfinished \.\.\.>$/.exec(text)?.[1]
    if (beginning !== undefined) unfinished.set(thread, { text: beginning, began: index })
    else if (rest !== undefined) {
      const begun = unfinished.get(thread)
      unfinished.delete(thread)
      if (begun) calls.push(systemCall(begun.text + rest, begun.began, index))
    } else if (/^\w+\(/.test(text)) calls.push(systemCall(text, index, index))
  }
  return calls
}

function systemCall(text: string, began: number, ended: number): SystemCall {
  const [, name = '', target = ''] = /^(\w+)\(\d+<(.*?)>[,)\s]/.exec(text) ?? []
  return { name, target, text, began, ended, failed: / = -1 /.test(text.slice(-200)) }
}

/** Makes a system call of a running process fail until the returned function is called; `inject` as strace takes it. */
export async function injectFault(pid: number, inject: string): Promise<() => Promise<void>> {
  const name = inject.split(':')[0] ?? ''
  const strace = spawn(
    'strace',
    ['-f', '-p', String(pid), '-e', `trace=${name}`, '-e', `inject=${inject}`, '-o', '/dev/null'],
    { stdio: 'ignore' },
  )
  const ended = new Promise<void>((resolve) => {
    strace.once('exit', () => resolve()).once('error', () => resolve())
  })
  const tracers = (): string[] =>
    /^TracerPid:\s+(\d+)$/m.exec(readFileSync(`/proc/${pid}/status`, 'latin1'))?.slice(1) ?? []
  await until('strace is attached', () => tracers()[0] === String(strace.pid), 5_000)
  return async () => {
    strace.kill('SIGINT')
    await ended
  }
}

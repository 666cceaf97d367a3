import { readFileSync, readlinkSync } from 'node:fs'
import { hostname } from 'node:os'
import { type Static, Type } from '@sinclair/typebox'
import { Value } from '@sinclair/typebox/value'

const TextOrNull = Type.Union([Type.String(), Type.Null()])

/** A pid alone says little: in a container it is mostly 1, and a system gives it out again. */
const IdentitySchema = Type.Object({
  host: Type.String(),
  /** Null where the system has none, that is everywhere but on Linux. */
  boot_id: TextOrNull,
  pid: Type.Integer({ minimum: 1 }),
  /** Null where it is not known whose pids we see. */
  pid_namespace: TextOrNull,
  /** In clock ticks since boot. */
  start_time: Type.Union([Type.Integer(), Type.Null()]),
})
export type ProcessIdentity = Readonly<Static<typeof IdentitySchema>>

/** The content of a lock file. `instance` becomes part of a file's name, so it must be what we make ourselves. */
const OwnerSchema = Type.Composite([
  IdentitySchema,
  Type.Object({
    instance: Type.String({ pattern: '^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$' }),
    command: Type.String(),
    acquired_at: Type.String(),
  }),
])
export type LockOwner = Readonly<Static<typeof OwnerSchema>>

/** What a process knows of itself and of its neighbours. */
export interface ThisProcess {
  readonly identity: ProcessIdentity
  /** When the process with this pid, in our own pid namespace, was started; `unknown` if that cannot be found out. */
  startTimeOf(pid: number): number | 'gone' | 'unknown'
}

/** The owner that a lock file names, or null if it is no lock of ours. */
export function parseOwner(text: string): LockOwner | null {
  try {
    const value: unknown = JSON.parse(text)
    return Value.Check(OwnerSchema, value) ? value : null
  } catch {
    return null
  }
}

/** The owner in a message; the file may hold anything, a terminal should not get it. */
export function describeOwner(owner: LockOwner | null): string {
  if (owner === null) return 'an unknown process'
  const { pid, host, command, acquired_at } = owner
  const text = `pid ${pid} on host ${host}, "${command}", since ${acquired_at}`
  return text.replaceAll(/[^\x20-\x7e]/g, '?').slice(0, 400)
}

/** Whether the owner still runs, as far as that can be known for certain. */
export function ownerState(owner: LockOwner, self: ThisProcess): 'running' | 'gone' | 'unknown' {
  const { boot_id, pid_namespace, host } = self.identity
  const samePids =
    pid_namespace === null
      ? owner.pid_namespace === null && owner.host === host
      : owner.pid_namespace === pid_namespace &&
        owner.boot_id === boot_id &&
        // Hardened services do not see it; then the name of the host has to do.
        (boot_id !== null || owner.host === host)
  if (!samePids) return 'unknown'
  const started = self.startTimeOf(owner.pid)
  if (typeof started === 'string') return started
  return owner.start_time === null || started === owner.start_time ? 'running' : 'gone'
}

/** Whether this host was started anew since; another host may have the same name, though. */
export const isOtherBoot = (owner: LockOwner, { identity }: ThisProcess): boolean =>
  owner.host === identity.host &&
  owner.boot_id !== null &&
  identity.boot_id !== null &&
  owner.boot_id !== identity.boot_id

/** The process this code runs in. */
export function thisProcess(): ThisProcess {
  const own = ifAny(() => readStat('self'))
  // A /proc of another pid namespace would tell of other processes under the pids we mean.
  const namespace = own?.pid === process.pid ? ifAny(() => readlinkSync('/proc/self/ns/pid')) : null
  const identity = {
    host: hostname(),
    boot_id: ifAny(() => readFileSync('/proc/sys/kernel/random/boot_id', 'latin1').trim()),
    pid: process.pid,
    pid_namespace: namespace,
    start_time: namespace && own ? own.startTime : null,
  }
  return {
    identity,
    startTimeOf(pid) {
      if (namespace === null) {
        return process.platform === 'linux' || answers(pid) ? 'unknown' : 'gone'
      }
      try {
        const { ended, startTime } = readStat(pid)
        return ended ? 'gone' : startTime
      } catch {
        // Mounted with hidepid, /proc does not show the processes of other users.
        return answers(pid) ? 'unknown' : 'gone'
      }
    },
  }
}

function readStat(pid: number | 'self') {
  const text = readFileSync(`/proc/${pid}/stat`, 'latin1')
  // The name of the program stands in parentheses and may itself hold spaces and parentheses; the state follows it.
  const fields = text.slice(text.lastIndexOf(')') + 2).split(' ')
  return {
    pid: Number.parseInt(text, 10),
    // A process that was killed is listed as a zombie until its parent asks for it.
    ended: fields[0] === 'Z' || fields[0] === 'X',
    startTime: Number(fields[19]),
  }
}

function answers(pid: number): boolean {
  try {
    process.kill(pid, 0)
    return true
  } catch (error) {
    return (error as NodeJS.ErrnoException).code !== 'ESRCH'
  }
}

function ifAny<T>(read: () => T): T | null {
  try {
    return read()
  } catch {
    return null
  }
}

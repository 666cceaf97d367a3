import { randomUUID } from 'node:crypto'

/** An open session of a client, whatever its transport. */
export interface Session {
  readonly id: string
  /** A session belongs to the caller who opened it; for anybody else it does not exist. */
  readonly callerId: string
  /** True while a request of the session is under way; as long as it is, the session counts neither as idle nor as old. */
  isBusy(): boolean
  close(): Promise<void> | void
}

export interface SessionsOptions {
  /**
   * Sessions at most. One more closes the one that was idle longest of the caller who has most, so that a caller who opens session
   * after session loses its own.
   */
  readonly maxSessions: number
  /** Seconds without a request or an answer after which a session is closed. */
  readonly idleSeconds: number
  /** Seconds after which a session is closed however much it is used. */
  readonly maxAgeSeconds: number
  /** Milliseconds, never going backwards. */
  readonly now: () => number
  /** Called once for each session that is gone. */
  readonly onEnd: (sessionId: string) => void
}

export interface Sessions<S extends Session> {
  open(session: S): void
  /** The caller's own session, marked as used now; undefined for an unknown, ended or foreign id. */
  find(id: string, callerId: string): S | undefined
  /** Marks a session as used now: a request of it was answered. */
  touch(id: string): void
  remove(id: string): void
  /** Closes what is idle or old; to be called now and then, since nobody may come to look for it. */
  sweep(): void
  count(): number
  closeAll(): Promise<void>
}

/** 122 random bits as 32 hexadecimal digits, the form the reference gave its sessions. */
export const newSessionId = (): string => randomUUID().replaceAll('-', '')

interface Held<S> {
  readonly session: S
  readonly openedAt: number
  usedAt: number
}

/** Sessions by id, least recently used first, so that neither a busy nor a forgetful client can grow the table without bound. */
export function createSessions<S extends Session>(options: SessionsOptions): Sessions<S> {
  const { maxSessions, idleSeconds, maxAgeSeconds, now, onEnd } = options
  const sessions = new Map<string, Held<S>>()

  function remove(id: string): void {
    if (sessions.delete(id)) onEnd(id)
  }

  function touch(id: string): void {
    const held = sessions.get(id)
    if (held === undefined) return
    sessions.delete(id)
    sessions.set(id, held)
    held.usedAt = now()
  }

  function end(session: S): void {
    remove(session.id)
    // What the transport cannot close is already gone.
    void Promise.resolve(session.close()).catch(() => {})
  }

  function isOver({ session, openedAt, usedAt }: Held<S>): boolean {
    if (session.isBusy()) return false
    const time = now()
    return time - usedAt > idleSeconds * 1000 || time - openedAt > maxAgeSeconds * 1000
  }

  function sweep(): void {
    for (const held of [...sessions.values()]) {
      if (isOver(held)) end(held.session)
    }
  }

  /** The one who opens counts with the new session, so that it does not take a place from those who have as many. */
  function callerWithMost(opening: string): string | undefined {
    const counts = new Map<string, number>()
    for (const { session } of sessions.values()) {
      counts.set(session.callerId, (counts.get(session.callerId) ?? 0) + 1)
    }
    const own = counts.get(opening)
    if (own !== undefined) counts.set(opening, own + 1)
    const most = Math.max(...counts.values())
    return [...counts].find(([, count]) => count === most)?.[0]
  }

  function endIdlestOf(callerId: string | undefined): void {
    const theirs = [...sessions.values()].filter(({ session }) => session.callerId === callerId)
    const idlest = theirs.find(({ session }) => !session.isBusy()) ?? theirs[0]
    if (idlest) end(idlest.session)
  }

  return {
    open(session) {
      sweep()
      while (sessions.size >= maxSessions && sessions.size > 0) {
        endIdlestOf(callerWithMost(session.callerId))
      }
      sessions.set(session.id, { session, openedAt: now(), usedAt: now() })
    },
    find(id, callerId) {
      const held = sessions.get(id)
      if (held === undefined) return undefined
      if (isOver(held)) {
        end(held.session)
        return undefined
      }
      if (held.session.callerId !== callerId) return undefined
      touch(id)
      return held.session
    },
    touch,
    remove,
    sweep,
    count: () => sessions.size,
    async closeAll() {
      const open = [...sessions.values()]
      sessions.clear()
      await Promise.allSettled(open.map(({ session }) => session.close()))
    },
  }
}

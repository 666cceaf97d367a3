import { randomUUID } from 'node:crypto'

/** An open session of a client, whatever its transport. */
export interface Session {
  readonly id: string
  /** A session belongs to the caller who opened it; for anybody else it does not exist. */
  readonly callerId: string
  close(): Promise<void> | void
}

export interface SessionsOptions {
  /**
   * Sessions at most. One more closes the one that was idle longest of the caller who has most, so that a caller who opens session
   * after session loses its own.
   */
  readonly maxSessions: number
  /** Seconds without a request after which a session is closed. */
  readonly idleSeconds: number
  /** Milliseconds, never going backwards. */
  readonly now: () => number
  /** Called once for each session that is gone. */
  readonly onEnd: (sessionId: string) => void
}

export interface Sessions<S extends Session> {
  open(session: S): void
  /** The caller's own session, marked as used now; undefined for an unknown, ended or foreign id. */
  find(id: string, callerId: string): S | undefined
  remove(id: string): void
  count(): number
  closeAll(): Promise<void>
}

/** 122 random bits as 32 hexadecimal digits, the form the reference gave its sessions. */
export const newSessionId = (): string => randomUUID().replaceAll('-', '')

/** Sessions by id, least recently used first, so that neither a busy nor a forgetful client can grow the table without bound. */
export function createSessions<S extends Session>(options: SessionsOptions): Sessions<S> {
  const { maxSessions, idleSeconds, now, onEnd } = options
  const sessions = new Map<string, { session: S; usedAt: number }>()

  function remove(id: string): void {
    if (sessions.delete(id)) onEnd(id)
  }

  function end(id: string, session: S): void {
    remove(id)
    // What the transport cannot close is already gone.
    void Promise.resolve(session.close()).catch(() => {})
  }

  function endIdle(): void {
    for (const [id, { session, usedAt }] of sessions) {
      if (now() - usedAt <= idleSeconds * 1000) return
      end(id, session)
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
    for (const [id, { session }] of sessions) {
      if (session.callerId === callerId) {
        end(id, session)
        return
      }
    }
  }

  return {
    open(session) {
      endIdle()
      while (sessions.size >= maxSessions && sessions.size > 0) {
        endIdlestOf(callerWithMost(session.callerId))
      }
      sessions.set(session.id, { session, usedAt: now() })
    },
    find(id, callerId) {
      endIdle()
      const found = sessions.get(id)
      if (found === undefined || found.session.callerId !== callerId) return undefined
      sessions.delete(id)
      sessions.set(id, { session: found.session, usedAt: now() })
      return found.session
    },
    remove,
    count: () => sessions.size,
    async closeAll() {
      const open = [...sessions.values()]
      sessions.clear()
      await Promise.allSettled(open.map(({ session }) => session.close()))
    },
  }
}

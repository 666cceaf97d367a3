import { setTimeout as delay } from 'node:timers/promises'
import got, { type Got } from 'got'
import { type AgentOptions, createAgents } from './agents.js'
import { createCredentials, type DojoKeys } from './credentials.js'
import type { DojoCall } from './dojo-call.js'
import { rememberEdition } from './edition.js'
import { createOneAtATime } from './one-at-a-time.js'
import { openDojoCall } from './open-call.js'
import { apiAddress } from './request-address.js'
import { createRequester } from './requester.js'
import { createUploadRoom } from './upload-room.js'
import type { UpstreamEvent } from './upstream-event.js'

export interface DojoClientOptions extends AgentOptions {
  readonly keys: DojoKeys
  /** How DefectDojo's logs name this service. */
  readonly userAgent: string
  /** Time limit of one call, all its requests and repetitions together. */
  readonly timeoutSeconds: number
  /** Time limit of a call from the moment it uploads a report. */
  readonly importTimeoutSeconds: number
  /** Largest answer accepted, decompressed. */
  readonly maxResponseBytes: number
  /** Told of every request when it has ended; must not throw. */
  readonly observe?: (event: UpstreamEvent) => void
  /** From 0 to below 1; spreads repetitions. */
  readonly random?: () => number
  /** Milliseconds, never going backwards. */
  readonly now?: () => number
  /** Waits before a repetition; rejects when the signal aborts. */
  readonly sleep?: (milliseconds: number, signal: AbortSignal | undefined) => Promise<void>
}

/** One tool call, as the client needs to know it. */
export interface DojoCallOptions {
  /** Stands in errors and events. */
  readonly requestId: string
  /** Stops the call, but never once anything of a write has been sent. */
  readonly signal: AbortSignal
  /** A time limit for this call instead of the client's. */
  readonly timeoutSeconds?: number
  /** Called once, right before the first byte of the call's first write can leave; must not throw. */
  readonly onFirstWrite?: () => void
  /** Told of every request of this call when it has ended; must not throw. */
  readonly observe?: (event: UpstreamEvent) => void
}

export interface DojoClient {
  /** DefectDojo for one tool call; its time begins now. */
  forCall(call: DojoCallOptions): DojoCall
  /** Closes all connections; requests under way fail. */
  close(): void
}

const connectMs = 5_000
/** Two reports of the largest size at once, or many of the usual one. */
const uploadRoomBytes = 2 * 52_428_800

/**
 * The client for one DefectDojo (behaviour spec §7.7, §7.9). Redirects are not followed, reads are repeated on passing
 * failures, writes never. All errors are `ToolError`s without keys, addresses or text of DefectDojo's.
 */
export function createDojoClient(options: DojoClientOptions): DojoClient {
  const { now = () => performance.now(), random = Math.random, sleep = pause } = options
  const credentials = createCredentials(options.keys)
  const agents = createAgents(options)
  const instance = (write: boolean): Got =>
    got.extend({
      agent: write ? agents.writing : agents.reading,
      headers: {
        accept: 'application/json',
        authorization: credentials.authorization(write),
        'user-agent': options.userAgent,
      },
      followRedirect: false,
      retry: { limit: 0 },
      throwHttpErrors: false,
      timeout: { lookup: connectMs, connect: connectMs, secureConnect: connectMs },
    })
  const requester = createRequester({
    base: apiAddress(options.url),
    reading: instance(false),
    writing: instance(true),
    secrets: credentials.secrets,
    maxResponseBytes: options.maxResponseBytes,
    observe: options.observe ?? (() => {}),
    now,
    random,
    sleep,
  })
  const findings = createOneAtATime<number>()
  const uploads = createUploadRoom(uploadRoomBytes)
  const edition = rememberEdition()

  return {
    forCall(call) {
      const timeoutMs = (call.timeoutSeconds ?? options.timeoutSeconds) * 1000
      return openDojoCall({
        ...call,
        requester,
        credentials,
        findings,
        uploads,
        now,
        // Asked on behalf of everyone who waits for it, so nobody's cancellation stops it.
        edition: (observe) =>
          edition(() =>
            requester.read('', undefined, {
              requestId: call.requestId,
              deadline: now() + timeoutMs,
              signal: undefined,
              observe,
            }),
          ),
        deadline: now() + timeoutMs,
        importTimeoutMs: options.importTimeoutSeconds * 1000,
      })
    },
    close: () => agents.close(),
  }
}

async function pause(milliseconds: number, signal: AbortSignal | undefined): Promise<void> {
  await delay(milliseconds, undefined, signal && { signal })
}

import {
  enveloped,
  envelopeVersion,
  type Params,
  routingHeaders,
  rpc,
  type SessionVersion,
  sessionHeader,
  sessionVersions,
  usualHeaders,
  versionHeader,
} from './protocol-eras.js'
import type { RawRequest } from './raw-client.js'

/** A way of asking over streamable HTTP, and whether there is an answer to those who may ask. */
export interface Way {
  /** What its cells are counted under. */
  readonly era: string
  /** `MCP_LEGACY_SESSIONS` */
  readonly sessions: 'on' | 'off'
  /** In a session that agreed on this revision. */
  readonly session?: SessionVersion
  /** True: in the session of another caller. */
  readonly foreign?: boolean
  /** `MCP-Protocol-Version` */
  readonly header?: string
  /** The revision the body itself names, as 2026-07-28 has it. */
  readonly envelope?: string
  readonly expected: 'served' | 400 | 404
}

const unknownVersions = ['1999-01-01', '2027-01-01', 'newest', '2025-6-18']
const others = (version: string): string[] => sessionVersions.filter((each) => each !== version)

/** With sessions, which is how the service starts. */
const withSessions: readonly Way[] = [
  ...sessionVersions.flatMap((session): Way[] => {
    const inSession = { era: `${session} in a session`, sessions: 'on', session } as const
    const contradicting = { ...inSession, era: `${session}, header says something else` } as const
    const enveloping = {
      ...inSession,
      era: `${envelopeVersion} in a session of ${session}`,
      envelope: envelopeVersion,
    } as const
    return [
      { ...inSession, header: session, expected: 'served' },
      { ...inSession, era: `${session} in a session, no header`, expected: 'served' },
      ...[...others(session), ...unknownVersions, envelopeVersion].map(
        (header): Way => ({ ...contradicting, header, expected: 400 }),
      ),
      { ...enveloping, header: envelopeVersion, expected: 'served' },
      { ...enveloping, header: session, expected: 400 },
      { ...enveloping, expected: 400 },
      {
        ...inSession,
        era: "in another caller's session",
        foreign: true,
        header: session,
        expected: 404,
      },
    ]
  }),
  ...[undefined, ...sessionVersions, ...unknownVersions, envelopeVersion].map(
    (header): Way => ({
      era: 'no session',
      sessions: 'on',
      ...(header !== undefined && { header }),
      expected: 400,
    }),
  ),
]

const withoutSessions: readonly Way[] = [
  ...sessionVersions.map(
    (header): Way => ({
      era: `${header} without sessions`,
      sessions: 'off',
      header,
      expected: 'served',
    }),
  ),
  { era: 'no header, without sessions', sessions: 'off', expected: 'served' },
  ...[...unknownVersions, envelopeVersion].map(
    (header): Way => ({
      era: 'unknown header, without sessions',
      sessions: 'off',
      header,
      expected: 400,
    }),
  ),
]

const withEnvelope = (['on', 'off'] as const).flatMap((sessions): Way[] => {
  const era = `${envelopeVersion}, sessions ${sessions}`
  const odd = `${era}, header and envelope disagree or are unknown`
  return [
    { era, sessions, header: envelopeVersion, envelope: envelopeVersion, expected: 'served' },
    { era: odd, sessions, envelope: envelopeVersion, expected: 400 },
    ...[...sessionVersions, ...unknownVersions].flatMap((version): Way[] => [
      { era: odd, sessions, header: version, envelope: envelopeVersion, expected: 400 },
      { era: odd, sessions, header: envelopeVersion, envelope: version, expected: 400 },
      { era: odd, sessions, header: version, envelope: version, expected: 400 },
    ]),
  ]
})

/** Every revision that is served, and every way a request could claim to be of one that it is not. */
export const waysIn: readonly Way[] = [...withSessions, ...withoutSessions, ...withEnvelope]

/** The request that asks this way. */
export function requestThrough(
  { header, envelope }: Way,
  question: { readonly id: string; readonly method: string; readonly params: Params },
  identity: { readonly token: string | undefined; readonly session: string | null },
): RawRequest {
  const { id, method, params } = question
  const message =
    envelope === undefined ? rpc(id, method, params) : enveloped(id, method, params, envelope)
  return {
    path: '/mcp',
    headers: [
      ...usualHeaders(identity.token),
      ...(header === undefined ? [] : versionHeader(header)),
      ...(identity.session === null ? [] : sessionHeader(identity.session)),
      ...(envelope === undefined ? [] : routingHeaders(method, params)),
    ],
    body: JSON.stringify(message),
  }
}

import { eventTypes } from './records.js'
import type { RecordEntry } from './verify/entry.js'

type Json = Readonly<Record<string, unknown>>

/** What of a trail is wanted; everything that is not set matches. */
export interface ShowFilter {
  /** `authenticated_caller_id`. */
  readonly caller?: string
  /** Calls that name this finding. */
  readonly finding?: number
  readonly tool?: string
  /** Milliseconds since 1970, both included. */
  readonly since?: number
  readonly until?: number
  /** Also what the service says of itself. */
  readonly all: boolean
}

/** A line of the trail as people read it. */
export interface Shown {
  readonly timestamp: string
  readonly seq: number | null
  /** Null where nobody called: the service speaks of itself. */
  readonly caller: string | null
  readonly role: string | null
  /** Address and transport. */
  readonly from: string | null
  readonly action: string
  /** Which finding, product and so on, with its id. */
  readonly target: string | null
  readonly outcome: string
  readonly detail: string | null
  readonly requestId: string | null
}

/** Collects what is to be shown; calls appear where they ended, and those that never ended at the end. */
export interface Show {
  add(entry: RecordEntry): Shown | null
  /** Changes that were announced and whose end is not in the trail. */
  unended(): Shown[]
}

const textOf = (value: unknown): string | null => (typeof value === 'string' ? value : null)

/** Arguments that say what a call is about, the most telling first. */
const targetNames = [
  'finding_id',
  'test_id',
  'test',
  'engagement_id',
  'engagement',
  'product_id',
  'product',
] as const

function targetOf(parameters: Json): string | null {
  const name = targetNames.find((each) => parameters[each] !== undefined)
  return name === undefined ? null : `${name.replace(/_id$/, '')} ${String(parameters[name])}`
}

function describe(record: Json, seq: number | null): Shown {
  const parameters = (record.request_params ?? {}) as Json
  const address = textOf(record.client_address)
  const transport = textOf(record.transport)
  const tool = textOf(record.tool_name)
  const count = typeof record.count === 'number' ? `${record.count} times` : null
  return {
    timestamp: textOf(record.timestamp) ?? '',
    seq,
    caller: textOf(record.authenticated_caller_id),
    role: textOf(record.caller_role),
    from: address ?? transport,
    action: tool ?? textOf(record.message) ?? '',
    target: targetOf(parameters),
    outcome: textOf(record.outcome) ?? '',
    detail: [count, textOf(record.reason), textOf(record.chain_event) ?? textOf(record.cause)]
      .filter((part) => part !== null)
      .join(', '),
    requestId: textOf(record.request_id),
  }
}

/** What a person asks of the trail, by who, what and when; see {@link ShowFilter}. */
export function createShow(filter: ShowFilter): Show {
  const open = new Map<string, Shown>()

  function wanted(record: Json, shown: Shown): boolean {
    const time = Date.parse(shown.timestamp)
    const parameters = (record.request_params ?? {}) as Json
    return (
      (filter.caller === undefined || shown.caller === filter.caller) &&
      (filter.finding === undefined || parameters.finding_id === filter.finding) &&
      (filter.tool === undefined || record.tool_name === filter.tool) &&
      (filter.since === undefined || time >= filter.since) &&
      (filter.until === undefined || time <= filter.until)
    )
  }

  return {
    add({ record, seq, eventType }) {
      const shown = describe(record, seq)
      const ends = eventType === eventTypes.call && record.terminal !== false
      if (shown.requestId !== null && ends) open.delete(shown.requestId)
      if (!wanted(record, shown)) return null
      if (eventType === eventTypes.intent && shown.requestId !== null) {
        open.set(shown.requestId, { ...shown, outcome: 'in doubt', detail: 'no end recorded' })
        return null
      }
      const aboutCallers =
        eventType === eventTypes.call || eventType === eventTypes.authenticationFailure
      return aboutCallers || filter.all ? shown : null
    },

    unended: () => [...open.values()],
  }
}

const columns = [
  'TIME',
  'SEQ',
  'CALLER',
  'ROLE',
  'FROM',
  'ACTION',
  'ON',
  'OUTCOME',
  'DETAIL',
] as const
const widths = [19, 6, 14, 8, 15, 20, 14, 15] as const

/** What stands in a file does not steer the terminal. */
const printable = (text: string): string =>
  text.replace(/[^\x20-\x7e]/g, (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`)

const row = (cells: readonly string[]): string =>
  cells
    .map((cell, at) => printable(cell).padEnd(widths[at] ?? 0))
    .join('  ')
    .trimEnd()

export const showHeading = (): string => row(columns)

/** One line for a person, times to the second. */
export const showLine = (shown: Shown): string =>
  row([
    shown.timestamp.slice(0, 19).replace('T', ' '),
    shown.seq === null ? '' : String(shown.seq),
    shown.caller ?? '-',
    shown.role ?? '-',
    shown.from ?? '-',
    shown.action,
    shown.target ?? '-',
    shown.outcome,
    shown.detail ?? '',
  ])

import { permissionGroups, type Role, rolePermissions, roles } from '../src/access/permissions.js'
import { type Cell, type CellAnswer, wrongAnswer, wrongRecord } from './access-cells.js'
import { type AuditRecord, isTerminal } from './audited-server.js'
import type { Choices } from './choices.js'
import { everyTool, type ToolRow } from './every-tool.js'
import { everythingElse, listedFor, type OtherRow } from './everything-else.js'
import type { Params } from './protocol-eras.js'
import type { Message } from './raw-client.js'
import type { WholeService } from './whole-service.js'

/** Who asks; `everybody` is a process without a role, which may do everything. */
export const callers = [...roles, 'no token', 'a bad token'] as const
export type CallerName = (typeof callers)[number] | 'everybody'

/** Puts one question; the status is that of the request, 200 where there is none. */
export type Ask = (id: string, method: string, params: Params) => Promise<Omit<CellAnswer, 'asked'>>

/** Where a caller asks, how, and whether anybody is answered there. */
export interface Walk {
  readonly service: Pick<WholeService, 'look'>
  readonly era: string
  readonly caller: CallerName
  readonly status: 'served' | number
  readonly ask: Ask
}

export interface AccessWalks {
  /** Asks for every list, every tool, and whatever else there is. */
  walk(walk: Walk): Promise<void>
  /** What trails say of it, once they are whole. */
  compare(records: readonly AuditRecord[]): void
  readonly cells: readonly Cell[]
  /** Cells of tools in each era. */
  readonly perEra: ReadonlyMap<string, number>
  /** What was not as the table says. */
  readonly wrong: string[]
  /** Requests that DefectDojo got for calls that may not reach it. */
  readonly strays: number
  /** Requests without a token that was good for anything. */
  readonly unauthorised: number
}

export const roleOf = (caller: CallerName): Role | undefined =>
  roles.find((role) => role === caller)

/** By the table of this folder, not by the one in force. */
export function mayUse(caller: CallerName, from: Role): boolean {
  const role = roleOf(caller)
  return (
    caller === 'everybody' || (role !== undefined && roles.indexOf(role) >= roles.indexOf(from))
  )
}

export const toolsOf = (caller: CallerName): string[] =>
  everyTool.filter(({ from }) => mayUse(caller, from)).map(({ tool }) => tool)

function permissionsOf(caller: CallerName): (typeof rolePermissions)[Role] {
  const role = roleOf(caller)
  return role === undefined ? new Set(permissionGroups) : rolePermissions[role]
}

/** Of what a caller may use, the short form asks for so much in each walk. */
const usedAtOnce = 4

/** Where nobody is answered, each role tries so many tools: there are many such ways, and they end before a tool is looked for. */
const triedInVain = 6

/** The next of them, turn after turn, until all have been. */
const inTurn = <T>(all: readonly T[], turn: number): readonly T[] =>
  Array.from({ length: Math.min(usedAtOnce, all.length) }, (_, index) => {
    return all[(turn * usedAtOnce + index) % all.length] as T
  })

/** @param short true: where there are answers, every tool that is denied is asked for, and of the rest a part */
export function createAccessWalks(short: boolean, choices: Choices): AccessWalks {
  const cells: Cell[] = []
  const perEra = new Map<string, number>()
  const wrong: string[] = []
  let strays = 0
  let unauthorised = 0
  const turns = new Map<CallerName, number>()
  let walks = 0
  let questions = 0

  async function walk(given: Walk): Promise<void> {
    const { era, caller, status } = given
    const nobody = status !== 'served'
    const own = ++walks
    const turn = turns.get(caller) ?? 0
    if (!nobody) turns.set(caller, turn + 1)
    const rows = rowsFor(caller, status, turn)
    const listed = nobody && status !== 401 ? 1 : everyTool.length
    perEra.set(era, (perEra.get(era) ?? 0) + listed + rows.length)

    await askLists(given)
    for (const row of rows) {
      const params = { name: row.tool, arguments: row.arguments(own) }
      const allowed = mayUse(caller, row.from)
      await askOne(given, row.tool, allowed, row.asks(own), 'tools/call', params)
    }
    for (const { recorded, method, params, permission } of othersFor(nobody, turn)) {
      const allowed = permissionsOf(caller).has(permission)
      await askOne(given, recorded, allowed, null, method, params)
    }
  }

  function rowsFor(caller: CallerName, status: Walk['status'], turn: number): readonly ToolRow[] {
    if (!short && (status === 'served' || status === 401)) return everyTool
    if (status !== 'served') {
      return Array.from({ length: short ? 1 : triedInVain }, () => choices.pick(everyTool))
    }
    const wanted = inTurn(
      everyTool.filter(({ from }) => mayUse(caller, from)),
      turn,
    )
    return everyTool.filter(
      ({ tool, from }) =>
        !mayUse(caller, from) || wanted.some((row) => row.tool === tool || row.after === tool),
    )
  }

  function othersFor(nobody: boolean, turn: number): readonly OtherRow[] {
    if (nobody) return [choices.pick(everythingElse)]
    return short ? inTurn(everythingElse, turn) : everythingElse
  }

  async function askOne(
    { service, era, caller, status, ask }: Walk,
    recorded: string,
    allowed: boolean,
    asks: string | null,
    method: string,
    params: Params,
  ): Promise<void> {
    const id = `${recorded} ${++questions}`
    const expected = status !== 'served' ? status : allowed ? 'carried out' : 'denied'
    const cell: Cell = { era, caller, id, recorded, expected, asks }
    service.look()
    const answer = await ask(id, method, params)
    const { asked } = service.look()
    cells.push(cell)
    if (expected !== 'carried out') strays += asked.length
    if (expected === 401) unauthorised += 1
    note(cell, wrongAnswer(cell, { ...answer, asked }))
  }

  function note({ era, caller, recorded }: Cell, problem: string | null): void {
    if (problem !== null) wrong.push(`${era}, ${caller}, ${recorded}: ${problem}`)
  }

  /** Tools exactly as the table; of the rest, all that the caller may use, and nothing that it may not. */
  async function askLists({ service, era, caller, status, ask }: Walk): Promise<void> {
    const own = { 'tools/list': toolsOf(caller), ...listedFor(permissionsOf(caller)) }
    const all = { 'tools/list': toolsOf('admin'), ...listedFor(new Set(permissionGroups)) }
    const lists = Object.keys(own) as (keyof typeof own)[]
    for (const method of short && status !== 'served' ? [choices.pick(lists)] : lists) {
      service.look()
      const { status: answered, message } = await ask(`${method} ${++questions}`, method, {})
      const { asked } = service.look()
      if (status === 401) unauthorised += 1
      const names = namesIn(message, method)
      const hidden = all[method].filter((name) => !own[method].includes(name))
      const right =
        status !== 'served'
          ? answered === status && message?.result === undefined && asked.length === 0
          : method === 'tools/list'
            ? names.join() === own[method].join()
            : own[method].every((name) => names.includes(name)) &&
              !hidden.some((name) => names.includes(name))
      if (!right) wrong.push(`${era}, ${caller}, ${method}: status ${answered}, ${names.join()}`)
    }
  }

  return {
    walk,
    compare(records) {
      const byId = new Map<unknown, AuditRecord[]>()
      for (const record of records.filter(isTerminal)) {
        const { client_request_id: id } = record
        byId.set(id, [...(byId.get(id) ?? []), record])
      }
      for (const cell of cells) note(cell, wrongRecord(cell, byId.get(cell.id) ?? []))
    },
    cells,
    perEra,
    wrong,
    get strays() {
      return strays
    },
    get unauthorised() {
      return unauthorised
    },
  }
}

function namesIn(message: Message | undefined, method: string): string[] {
  const kind = method === 'resources/templates/list' ? 'resourceTemplates' : method.split('/')[0]
  const listed = message?.result?.[kind ?? ''] as { name: string }[] | undefined
  return (listed ?? []).map(({ name }) => name)
}

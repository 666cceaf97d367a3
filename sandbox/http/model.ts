import { isStaff } from '../rules/access.js'
import { type Fields, readFields } from '../rules/fields.js'
import { applyFilters, type Filters } from '../rules/filters.js'
import { applyOrdering, type Ordering } from '../rules/ordering.js'
import type { FieldIssues } from './api-error.js'
import {
  broken,
  forbidden,
  methodNotAllowed,
  noSuch,
  notFound,
  parentMissing,
  refused,
} from './api-error.js'
import { created, type Exchange, type Handler, noContent, ok, type Route } from './exchange.js'
import { bodyFields } from './json-body.js'
import { page } from './paging.js'
import { type Prefetch, prefetched } from './prefetch.js'

/** A resource with the usual list, get, create, change and delete. What is left out answers 405. */
export interface Model<Row extends { id: number }> {
  /** Path below `/api/v2/`, without slashes at the ends. */
  path: string
  /** Django's name, as 404s show it. */
  label: string
  /** The rows that this user sees, in the resource's own order. */
  rows(x: Exchange): Row[]
  find(x: Exchange, id: number): Row | undefined
  view(x: Exchange, rows: readonly Row[]): object[]
  filters?: Filters<Row>
  ordering?: Ordering<Row>
  prefetch?: Prefetch<Row>
  fields?: Fields
  /** The fields of a create, where they are not those of a change. */
  createFields?: Fields
  /** The row above a new one: checked before any field is. `missing` is the 400, `find` the 404, `may` the 403. */
  parent?: {
    field: string
    label: string
    find(x: Exchange, id: number): object | undefined
    may(x: Exchange, id: number): boolean
  }
  /** Who may create and change at all; everyone who sees the parent unless given. */
  mayWrite?(x: Exchange): boolean
  /** Who may list and read; everyone unless given. */
  mayRead?(x: Exchange): boolean
  create?(x: Exchange, values: Record<string, unknown>, body: Record<string, unknown>): Row
  /** What a create answers, where that differs from reading. */
  createdView?(x: Exchange, row: Row): { json: object; headers?: Record<string, string> }
  /** Complaints that need more than the field's own value, together with those of the fields. */
  check?(
    x: Exchange,
    values: Record<string, unknown>,
    row: Row | undefined,
    body: Record<string, unknown>,
  ): FieldIssues | undefined
  change?(x: Exchange, row: Row, values: Record<string, unknown>): void
  changedView?(x: Exchange, row: Row): object
  remove?(x: Exchange, row: Row): void
}

/** The row that the path names: 404 in the two forms that DefectDojo has. */
export function rowOf<Row extends { id: number }>(
  model: Pick<Model<Row>, 'find' | 'label'>,
  x: Exchange,
): Row {
  const text = x.params[0] ?? ''
  if (!/^\d+$/.test(text)) throw notFound()
  const row = model.find(x, Number(text))
  if (!row) throw noSuch(model.label)
  return row
}

/** The list and the detail route of a model. */
export function modelRoutes<Row extends { id: number }>(model: Model<Row>): Route[] {
  const guarded =
    (handler: Handler, write: boolean): Handler =>
    (x) => {
      if (model.mayRead?.(x) === false) throw forbidden()
      if (write && model.mayWrite?.(x) === false) throw forbidden()
      return handler(x)
    }
  const list: Handler = (x) => {
    const filtered = applyFilters(x, model.rows(x), model.filters ?? {})
    const ordered = applyOrdering(x, filtered, model.ordering ?? { id: (row) => row.id })
    let shown: readonly Row[] = []
    const answer = page(x, ordered, (rows) => {
      shown = rows
      return model.view(x, rows)
    })
    return ok(
      model.prefetch ? { ...answer, prefetch: prefetched(x, shown, model.prefetch) } : answer,
    )
  }
  const get: Handler = (x) => {
    const row = rowOf(model, x)
    const [view] = model.view(x, [row])
    return ok(model.prefetch ? { ...view, prefetch: prefetched(x, [row], model.prefetch) } : view)
  }
  const create: Handler = (x) => {
    const body = bodyFields(x)
    checkParent(model, x, body)
    const values = checkFields(model, x, body, undefined, false)
    const row = model.create?.(x, values, body)
    if (!row) throw new Error(`${model.path} cannot create`)
    const answer = model.createdView?.(x, row)
    return { ...created(answer?.json ?? model.view(x, [row])[0]), headers: answer?.headers ?? {} }
  }
  const change =
    (partial: boolean): Handler =>
    (x) => {
      const row = rowOf(model, x)
      const values = checkFields(model, x, bodyFields(x), row, partial)
      model.change?.(x, row, values)
      return ok(model.changedView?.(x, row) ?? model.view(x, [row])[0])
    }
  const remove: Handler = (x) => {
    const row = rowOf(model, x)
    if (!isStaff(x.user)) throw forbidden()
    model.remove?.(x, row)
    return noContent()
  }
  return [
    {
      path: model.path,
      methods: {
        GET: guarded(list, false),
        ...(model.create ? { POST: guarded(create, true) } : {}),
      },
    },
    {
      path: `${model.path}/:id`,
      methods: {
        GET: guarded(get, false),
        ...(model.change
          ? { PUT: guarded(change(false), true), PATCH: guarded(change(true), true) }
          : {}),
        ...(model.remove ? { DELETE: guarded(remove, true) } : {}),
      },
      // The permission check reads the body before anyone notices that there is nothing to post to.
      ...(model.parent ? { refuses: { POST: (x) => postedToRow(model, x) } } : {}),
    },
  ]
}

function postedToRow<Row extends { id: number }>(model: Model<Row>, x: Exchange): Error {
  const field = model.parent?.field ?? ''
  return field in bodyFields(x) ? methodNotAllowed('POST') : parentMissing(field)
}

function checkParent<Row extends { id: number }>(
  model: Model<Row>,
  x: Exchange,
  body: Record<string, unknown>,
): void {
  const { parent } = model
  if (!parent) return
  const value = body[parent.field]
  if (value === undefined || value === null) throw parentMissing(parent.field)
  const id = Number(value)
  // DefectDojo looks the parent up before it validates: what is no number breaks the query.
  if (!Number.isInteger(id)) throw broken()
  if (!parent.find(x, id)) throw noSuch(parent.label)
  if (!parent.may(x, id)) throw forbidden()
}

function checkFields<Row extends { id: number }>(
  model: Model<Row>,
  x: Exchange,
  body: Record<string, unknown>,
  row: Row | undefined,
  partial: boolean,
): Record<string, unknown> {
  const fields = (row ? undefined : model.createFields) ?? model.fields ?? {}
  const { values, issues } = readFields(fields, body, x.store, partial)
  const more = model.check?.(x, values, row, body)
  if (issues || more) throw refused({ ...issues, ...more })
  return values
}

import { type Static, Type } from '@sinclair/typebox'
import { recordReader } from './record-reader.js'
import { ImportRecord, type SeverityTotals } from './records.js'
import { nullable } from './views.js'

const CountsView = Type.Object({
  critical: Type.Integer(),
  high: Type.Integer(),
  medium: Type.Integer(),
  low: Type.Integer(),
  info: Type.Integer(),
  total: Type.Integer(),
})
type CountsView = Static<typeof CountsView>

const StatisticsView = Type.Object({
  before: nullable(CountsView),
  delta: nullable(
    Type.Object({
      created: CountsView,
      closed: CountsView,
      reactivated: CountsView,
      untouched: CountsView,
    }),
  ),
  after: nullable(CountsView),
})
type StatisticsView = Static<typeof StatisticsView>

/** What an import did (behaviour spec §1.4, with DefectDojo's statistics). */
export const ImportView = Type.Object({
  test: Type.Integer(),
  test_id: Type.Integer(),
  engagement_id: nullable(Type.Integer()),
  product_id: nullable(Type.Integer()),
  findings_affected: nullable(Type.Integer()),
  scan_type: nullable(Type.String()),
  findings_count: nullable(Type.Integer()),
  created: nullable(Type.Integer()),
  closed: nullable(Type.Integer()),
  reactivated: nullable(Type.Integer()),
  untouched: nullable(Type.Integer()),
  statistics: StatisticsView,
  _warning: Type.Optional(
    Type.Object({ message: Type.String(), nothing_imported: Type.Literal(true) }),
  ),
})
export type ImportView = Static<typeof ImportView>

/** Totals by severity; what DefectDojo left out is zero. */
function countsOf(totals: SeverityTotals | null | undefined): CountsView {
  const count = (name: keyof CountsView) => totals?.[name]?.total ?? 0
  return {
    critical: count('critical'),
    high: count('high'),
    medium: count('medium'),
    low: count('low'),
    info: count('info'),
    total: count('total'),
  }
}

function statisticsOf({ statistics }: ImportRecord): StatisticsView {
  const { before, delta, after } = statistics ?? {}
  return {
    before: before ? countsOf(before) : null,
    delta: delta
      ? {
          created: countsOf(delta.created),
          closed: countsOf(delta.closed),
          reactivated: countsOf(delta.reactivated),
          untouched: countsOf(delta.untouched ?? delta['left untouched']),
        }
      : null,
    after: after ? countsOf(after) : null,
  }
}

interface Changes {
  readonly created: number | null
  readonly closed: number | null
  readonly reactivated: number | null
  readonly untouched: number | null
}

/** A new test has no delta: all its findings are new. What it closed in other tests DefectDojo does not say. */
function changesOf({ delta, after }: StatisticsView): Changes {
  if (delta !== null) {
    return {
      created: delta.created.total,
      closed: delta.closed.total,
      reactivated: delta.reactivated.total,
      untouched: delta.untouched.total,
    }
  }
  if (after === null) return { created: null, closed: null, reactivated: null, untouched: null }
  return { created: after.total, closed: null, reactivated: 0, untouched: 0 }
}

const sum = (numbers: readonly (number | null)[]): number =>
  numbers.reduce<number>((total, number) => total + (number ?? 0), 0)

/** What an empty report did: no new findings, and on a reimport perhaps all the old ones closed. */
function emptyMessage({ closed }: Changes): string {
  const found = 'DefectDojo found no findings in this report.'
  const check = 'Check that scan_type fits the file and what minimum_severity drops.'
  if (closed === null || closed === 0) return `Nothing was imported: ${found} ${check}`
  return `Nothing was imported, and ${closed} closed: ${found} ${check} If it was the wrong report, reimport the right one: that reopens them.`
}

const readImport = recordReader(ImportRecord)

/** An answer to import or reimport. An empty report is no error at DefectDojo, so it is said here. */
export function importView(body: unknown): ImportView {
  const record = readImport(body)
  const statistics = statisticsOf(record)
  const changes = changesOf(statistics)
  const isKnown = changes.created !== null
  const isEmpty = isKnown && sum([changes.created, changes.reactivated, changes.untouched]) === 0

  return {
    test: record.test,
    test_id: record.test_id ?? record.test,
    engagement_id: record.engagement_id ?? null,
    product_id: record.product_id ?? null,
    findings_affected: isKnown ? sum([changes.created, changes.closed, changes.reactivated]) : null,
    scan_type: record.scan_type ?? null,
    findings_count: statistics.after?.total ?? null,
    ...changes,
    statistics,
    ...(isEmpty && {
      _warning: { message: emptyMessage(changes), nothing_imported: true as const },
    }),
  }
}

import { ApiError } from '../http/api-error.js'
import { created, type Exchange, type Reply, type Route } from '../http/exchange.js'
import { bodyFields } from '../http/json-body.js'
import type { EngagementRecord, FindingRecord } from '../records.js'
import { deduplicate } from '../rules/deduplication.js'
import { timestamp } from '../rules/times.js'
import { type ImportOptions, readOptions } from '../scans/options.js'
import { type Outcome, runImport } from '../scans/run-import.js'
import { runReimport } from '../scans/run-reimport.js'
import { type Statistics, statisticsOf } from '../scans/statistics.js'
import { resolveTarget, targetEngagement } from '../scans/target.js'

type Kind = 'import' | 'reimport'

function findingsOf(x: Exchange, test: number): FindingRecord[] {
  return x.store.findings.all().filter((finding) => finding.test === test)
}

function scan(x: Exchange, kind: Kind): Reply {
  if (x.body.kind === 'json') {
    throw new ApiError(415, { detail: 'Unsupported media type "application/json" in request.' })
  }
  bodyFields(x)
  const target = resolveTarget(x, kind)
  const { options, sent, file } = readOptions(x, kind === 'reimport')
  const engagement = targetEngagement(x, target, options)
  const before = target.test && statisticsOf(findingsOf(x, target.test.id))
  const outcome = target.test
    ? runReimport(x, target.test, options, file)
    : runImport(
        x,
        engagement,
        { ...options, close_old_findings: kind === 'import' && options.close_old_findings },
        file,
      )
  record(x, target.test ? 'reimport' : 'import', options, outcome)
  // Unless the caller waits for it, deduplication comes after the answer was put together.
  const waits =
    options.deduplication_execution_mode !== null &&
    options.deduplication_execution_mode !== 'async'
  if (waits) deduplicate(x.store, outcome.created)
  const statistics = {
    ...(before ? { before, delta: delta(outcome) } : {}),
    after: statisticsOf(findingsOf(x, outcome.test.id)),
  }
  if (!waits) deduplicate(x.store, outcome.created)
  return created(answer(x, kind, engagement, options, sent, outcome, statistics, waits))
}

function delta(outcome: Outcome): Record<string, Statistics> {
  return {
    created: statisticsOf(outcome.created),
    closed: statisticsOf(outcome.closed),
    reactivated: statisticsOf(outcome.reactivated),
    untouched: statisticsOf(outcome.untouched),
  }
}

function record(x: Exchange, type: Kind, options: ImportOptions, outcome: Outcome): void {
  const { store } = x
  const at = timestamp(store.now())
  const groups = [
    ['C', outcome.closed],
    ['N', outcome.created],
    ['R', outcome.reactivated],
    ['U', outcome.untouched],
  ] as const
  store.testImports.insert({
    created: at,
    modified: at,
    test: outcome.test.id,
    type,
    import_settings: {
      tags: options.tags ?? [],
      active: options.active ?? null,
      service: options.service ?? null,
      group_by: options.group_by ?? null,
      verified: options.verified ?? null,
      scan_date: options.scan_date ? `${options.scan_date}T00:00:00+00:00` : null,
      push_to_jira: options.push_to_jira,
      minimum_severity: options.minimum_severity,
      do_not_reactivate: options.do_not_reactivate,
      close_old_findings: options.close_old_findings,
      apply_tags_to_findings: options.apply_tags_to_findings,
      apply_tags_to_endpoints: options.apply_tags_to_endpoints,
      close_old_findings_product_scope: options.close_old_findings_product_scope,
      create_finding_groups_for_all_findings: options.create_finding_groups_for_all_findings,
    },
    version: options.version ?? '',
    build_id: options.build_id ?? '',
    commit_hash: options.commit_hash ?? '',
    branch_tag: options.branch_tag ?? '',
    actions: groups.flatMap(([action, findings]) =>
      findings.map((finding) => ({
        id: store.testImportActions.nextId++,
        action,
        finding: finding.id,
        created: at,
      })),
    ),
  })
}

/** The echo of what was sent, with the defaults, and what came of it. */
function answer(
  x: Exchange,
  kind: Kind,
  engagement: EngagementRecord,
  options: ImportOptions,
  sent: Record<string, unknown>,
  outcome: Outcome,
  statistics: object,
  waited: boolean,
): object {
  const product = x.store.products.get(engagement.product)
  return {
    minimum_severity: options.minimum_severity,
    active: false,
    verified: false,
    endpoint_to_add: null,
    auto_create_context: false,
    deduplication_on_engagement: false,
    lead: null,
    push_to_jira: false,
    deduplication_execution_mode: null,
    api_scan_configuration: null,
    create_finding_groups_for_all_findings: true,
    apply_tags_to_findings: false,
    apply_tags_to_endpoints: false,
    close_old_findings: options.close_old_findings,
    close_old_findings_product_scope: false,
    ...sent,
    ...(kind === 'reimport'
      ? { do_not_reactivate: options.do_not_reactivate }
      : { engagement: engagement.id }),
    test: outcome.test.id,
    test_id: outcome.test.id,
    engagement_id: engagement.id,
    product_id: engagement.product,
    product_type_id: product?.prod_type ?? null,
    statistics,
    deduplication_complete: waited,
  }
}

/** `import-scan/` and `reimport-scan/`: multipart only, done when they answer. Reading them is a 400, not a 405. */
export const importRoutes: Route[] = (['import', 'reimport'] as const).map((kind) => ({
  path: `${kind}-scan`,
  methods: { POST: (x: Exchange) => scan(x, kind) },
  refuses: { GET: () => new ApiError(400, ['product_name parameter missing']) },
}))

import { usualSla } from '../defaults.js'
import { type ApiError, forbidden } from '../http/api-error.js'
import { type Exchange, ok, type Route } from '../http/exchange.js'
import { type Model, modelRoutes } from '../http/model.js'
import { page } from '../http/paging.js'
import type { NamedRecord, NoteRecord, SlaConfigurationRecord } from '../records.js'
import { isStaff } from '../rules/access.js'
import { flag, integer, optionalText, text } from '../rules/field-types.js'
import type { Table } from '../table.js'
import { noteView } from '../views/notes.js'

const superuser = (x: Exchange) => x.user.is_superuser

const insert = <Row extends { id: number }>(table: Table<Row>, values: object): Row =>
  table.insert(values as Omit<Row, 'id'>)
const assign = (_x: Exchange, row: object, values: object): void => void Object.assign(row, values)

/** A resource of plain rows that everyone reads and superusers keep. */
function plainList(
  path: string,
  label: string,
  table: (x: Exchange) => Table<NamedRecord>,
  more: Partial<Model<NamedRecord>>,
): Model<NamedRecord> {
  return {
    path,
    label,
    rows: (x) => table(x).all(),
    find: (x, id) => table(x).get(id),
    view: (_x, rows) => [...rows],
    filters: { name: { kind: 'exact', of: (row) => row.name } },
    fields: { name: text({ required: true, max: 200 }) },
    mayWrite: superuser,
    create: (x, values) => insert(table(x), values),
    change: assign,
    remove: (x, row) => void table(x).delete(row.id),
    ...more,
  }
}

const environments = plainList(
  'development_environments',
  'Development_Environment',
  (x) => x.store.environments,
  {},
)
const toolTypes = plainList('tool_types', 'Tool_Type', (x) => x.store.toolTypes, {
  mayRead: superuser,
  fields: { name: text({ required: true, max: 200 }), description: optionalText(2000) },
})

const days = integer({ min: 0 })
const slaConfigurations: Model<SlaConfigurationRecord> = {
  path: 'sla_configurations',
  label: 'SLA_Configuration',
  mayRead: (x) => isStaff(x.user),
  rows: (x) => x.store.slaConfigurations.all(),
  find: (x, id) => x.store.slaConfigurations.get(id),
  view: (_x, rows) => [...rows],
  fields: {
    name: text({ required: true, max: 128 }),
    description: optionalText(512),
    critical: days,
    enforce_critical: flag(),
    high: days,
    enforce_high: flag(),
    medium: days,
    enforce_medium: flag(),
    low: days,
    enforce_low: flag(),
    restart_sla_on_reactivation: flag(),
  },
  mayWrite: superuser,
  create: (x, values) => insert(x.store.slaConfigurations, { ...usualSla, ...values }),
  change(x, row, values) {
    assign(x, row, values)
    // The real server does this in the background, soon after.
    for (const finding of x.store.findings.all()) x.store.refresh(finding)
  },
  remove: (x, row) => void x.store.slaConfigurations.delete(row.id),
}

const notes: Model<NoteRecord> = {
  path: 'notes',
  label: 'Notes',
  mayRead: superuser,
  rows: (x) => x.store.notes.all(),
  find: (x, id) => x.store.notes.get(id),
  view: (x, rows) => rows.map((row) => noteView(x.store, row)),
}

/** Resources that tell when they will be gone; the headers stand on every answer of theirs. */
export const deprecated: Readonly<Record<string, Record<string, string>>> = {
  tool_types: { 'x-deprecated': 'True', 'x-end-of-life-date': '2026-11-01T00:00:00' },
}

/** Lists that exist, and that the sandbox keeps no rows of: an empty page, and 404 for every id. */
const alwaysEmpty = [
  'asset_api_scan_configurations',
  'cicd_infrastructure',
  'configuration_permissions',
  'jira_configurations',
  'jira_product_configurations',
  'location',
  'location_findings',
  'location_products',
  'product_api_scan_configurations',
  'regulations',
  'sonarqube_transitions',
  'tool_configurations',
  'tool_product_settings',
  'url',
  'user_contact_infos',
  'announcements',
  'engagement_presets',
  'finding_templates',
  'jira_finding_mappings',
  'jira_instances',
  'jira_projects',
  'language_types',
  'languages',
  'metadata',
  'network_locations',
  'note_type',
  'notification_webhooks',
  'notifications',
  'request_response_pairs',
  'sonarqube_issues',
  'technologies',
]

/** Lists of hosts: writes are gone since 3.x keeps locations. */
const readOnlyLists = ['endpoints', 'endpoint_status']

function readOnly(): ApiError {
  return forbidden('Writes to this endpoint are deprecated when V3_FEATURE_LOCATIONS is enabled')
}

function emptyList(x: Exchange) {
  return ok(page(x, [], () => []))
}

/** The smaller resources: names for forms, SLA days, and the lists that are empty here. */
export const listRoutes: Route[] = [
  ...modelRoutes(environments),
  ...modelRoutes(slaConfigurations),
  ...modelRoutes(toolTypes),
  ...modelRoutes(notes),
  ...alwaysEmpty.map((path): Route => ({ path, methods: { GET: emptyList } })),
  ...readOnlyLists.map(
    (path): Route => ({
      path,
      methods: { GET: emptyList },
      refuses: { POST: readOnly, PUT: readOnly, PATCH: readOnly, DELETE: readOnly },
    }),
  ),
]

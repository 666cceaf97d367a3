import { type ApiError, forbidden } from '../http/api-error.js'
import { type Exchange, ok, type Route } from '../http/exchange.js'
import { type Model, modelRoutes } from '../http/model.js'
import { page } from '../http/paging.js'
import type { NamedRecord, NoteRecord, SlaConfigurationRecord } from '../records.js'
import { isStaff } from '../rules/access.js'
import { noteView } from '../views/notes.js'

const superuser = (x: Exchange) => x.user.is_superuser

const environments: Model<NamedRecord> = {
  path: 'development_environments',
  label: 'Development_Environment',
  rows: (x) => x.store.environments.all(),
  find: (x, id) => x.store.environments.get(id),
  view: (_x, rows) => [...rows],
}

const regulations: Model<NamedRecord> = {
  path: 'regulations',
  label: 'Regulation',
  rows: (x) => x.store.regulations.all(),
  find: (x, id) => x.store.regulations.get(id),
  view: (_x, rows) => [...rows],
}

const slaConfigurations: Model<SlaConfigurationRecord> = {
  path: 'sla_configurations',
  label: 'SLA_Configuration',
  mayRead: (x) => isStaff(x.user),
  rows: (x) => x.store.slaConfigurations.all(),
  find: (x, id) => x.store.slaConfigurations.get(id),
  view: (_x, rows) => [...rows],
}

const toolTypes: Model<NamedRecord> = {
  path: 'tool_types',
  label: 'Tool_Type',
  mayRead: superuser,
  rows: (x) => x.store.toolTypes.all(),
  find: (x, id) => x.store.toolTypes.get(id),
  view: (_x, rows) => [...rows],
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
  ...modelRoutes(regulations),
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

import { type Edition, ok, type Route } from '../http/exchange.js'

const shared = [
  'announcements',
  'configuration_permissions',
  'development_environments',
  'endpoint_meta_import',
  'import-languages',
  'import-scan',
  'jira_instances',
  'jira_configurations',
  'jira_finding_mappings',
  'jira_product_configurations',
  'jira_projects',
  'languages',
  'language_types',
  'metadata',
  'network_locations',
  'notes',
  'note_type',
  'notifications',
  'notification_webhooks',
  'products',
  'product_api_scan_configurations',
  'product_types',
  'engagements',
  'engagement_presets',
  'finding_templates',
  'findings',
  'request_response_pairs',
  'regulations',
  'reimport-scan',
  'risk_acceptance',
  'sla_configurations',
  'sonarqube_issues',
  'sonarqube_transitions',
  'system_settings',
  'technologies',
  'tests',
  'test_types',
  'test_imports',
  'tool_configurations',
  'tool_product_settings',
  'tool_types',
  'users',
  'user_contact_infos',
  'endpoints',
  'endpoint_status',
]

const renamed = ['assets', 'asset_api_scan_configurations', 'organizations']
const locations = ['location', 'location_findings', 'location_products', 'url']
const roles = [
  'credential_mappings',
  'credentials',
  'dojo_groups',
  'dojo_group_members',
  'global_roles',
  'product_groups',
  'product_members',
  'product_type_groups',
  'product_type_members',
  'questionnaire_answers',
  'roles',
  'stub_findings',
]

/** The resources of each release, as its root lists them. */
export const resourceNames: Readonly<Record<Edition, readonly string[]>> = {
  '3.2.0': [...shared, ...renamed, ...locations, 'cicd_infrastructure'],
  '2.57.2': [...shared, ...renamed, ...roles],
  '2.47': [...shared, ...roles],
}

/** `GET /api/v2/`: the resources that this release has, by name; the cheap way to tell releases apart. */
export const root: Route = {
  path: '',
  methods: {
    GET: (x) =>
      ok(
        Object.fromEntries(
          resourceNames[x.edition].map((name) => [name, `${x.origin}/api/v2/${name}/`]),
        ),
      ),
  },
}

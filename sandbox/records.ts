import type { Severity } from './parsers/parsed-report.js'

/**
 * What the sandbox stores, row by row, in DefectDojo's field names. Dates are `YYYY-MM-DD`, date-times are ISO 8601 in UTC
 * as DefectDojo prints them. What the API computes on reading (age, display_status, counts …) is not here.
 */
export interface UserRecord {
  id: number
  username: string
  first_name: string
  last_name: string
  email: string
  date_joined: string
  last_login: string | null
  is_active: boolean
  is_staff: boolean
  is_superuser: boolean
  /** 40 hexadecimal digits; what follows `Token ` in the Authorization header. */
  token: string
  password: string | null
}

export interface ProductTypeRecord {
  id: number
  created: string
  updated: string
  name: string
  description: string | null
  critical_product: boolean
  key_product: boolean
  authorized_users: number[]
}

export interface MetadataEntry {
  name: string
  value: string
}

export interface ProductRecord {
  id: number
  created: string
  updated: string
  name: string
  description: string
  prod_type: number
  business_criticality: string | null
  platform: string | null
  lifecycle: string | null
  origin: string | null
  prod_numeric_grade: number | null
  user_records: number | null
  revenue: string | null
  external_audience: boolean
  internet_accessible: boolean
  enable_product_tag_inheritance: boolean
  enable_simple_risk_acceptance: boolean
  enable_full_risk_acceptance: boolean
  disable_sla_breach_notifications: boolean
  product_manager: number | null
  technical_contact: number | null
  team_manager: number | null
  sla_configuration: number
  authorized_users: number[]
  regulations: number[]
  tags: string[]
  meta: MetadataEntry[]
}

export interface EngagementRecord {
  id: number
  created: string
  updated: string
  product: number
  name: string
  description: string | null
  version: string | null
  first_contacted: string | null
  target_start: string
  target_end: string
  reason: string | null
  active: boolean
  tracker: string | null
  test_strategy: string | null
  threat_model: boolean
  api_test: boolean
  pen_test: boolean
  check_list: boolean
  status: string
  progress: string
  tmodel_path: string
  done_testing: boolean
  engagement_type: string
  build_id: string | null
  commit_hash: string | null
  branch_tag: string | null
  source_code_management_uri: string | null
  deduplication_on_engagement: boolean
  lead: number | null
  requester: number | null
  preset: number | null
  report_type: number | null
  cicd_scm_server: number | null
  cicd_build_server: number | null
  cicd_orchestration_engine: number | null
  /** Ids of {@link NoteRecord}s, oldest first. */
  notes: number[]
  tags: string[]
}

export interface TestTypeRecord {
  id: number
  name: string
  static_tool: boolean
  dynamic_tool: boolean
  active: boolean
}

export interface TestRecord {
  id: number
  created: string
  updated: string
  engagement: number
  test_type: number
  scan_type: string | null
  title: string | null
  description: string | null
  target_start: string
  target_end: string
  percent_complete: number | null
  version: string | null
  build_id: string | null
  commit_hash: string | null
  branch_tag: string | null
  lead: number | null
  environment: number | null
  api_scan_configuration: number | null
  notes: number[]
  tags: string[]
}

export interface NoteHistoryRecord {
  id: number
  current_editor: number
  note_type: number | null
  data: string
  time: string
}

export interface NoteRecord {
  id: number
  author: number
  entry: string
  date: string
  private: boolean
  edited: boolean
  editor: number | null
  edit_time: string
  note_type: number | null
  history: NoteHistoryRecord[]
}

export interface FindingRecord {
  id: number
  created: string
  updated: string
  test: number
  title: string
  date: string
  severity: Severity
  numerical_severity: string
  description: string
  mitigation: string | null
  impact: string | null
  steps_to_reproduce: string | null
  severity_justification: string | null
  references: string | null
  active: boolean
  verified: boolean
  false_p: boolean
  duplicate: boolean
  out_of_scope: boolean
  risk_accepted: boolean
  is_mitigated: boolean
  mitigated: string | null
  mitigated_by: number | null
  under_review: boolean
  under_defect_review: boolean
  last_status_update: string
  last_reviewed: string | null
  last_reviewed_by: number | null
  duplicate_finding: number | null
  reporter: number
  reviewers: number[]
  review_requested_by: number | null
  defect_review_requested_by: number | null
  found_by: number[]
  cwe: number
  cwes: string[]
  vulnerability_ids: string[]
  cvssv3: string | null
  cvssv3_score: number | null
  cvssv4: string | null
  cvssv4_score: number | null
  epss_score: number | null
  epss_percentile: number | null
  known_exploited: boolean
  ransomware_used: boolean
  kev_date: string | null
  fix_available: boolean | null
  fix_version: string | null
  sla_start_date: string | null
  sla_expiration_date: string | null
  hash_code: string | null
  line: number | null
  file_path: string | null
  component_name: string | null
  component_version: string | null
  static_finding: boolean
  dynamic_finding: boolean
  scanner_confidence: number | null
  unique_id_from_tool: string | null
  vuln_id_from_tool: string | null
  sast_source_object: string | null
  sast_sink_object: string | null
  sast_source_line: number | null
  sast_source_file_path: string | null
  nb_occurences: number | null
  publish_date: string | null
  service: string | null
  planned_remediation_date: string | null
  planned_remediation_version: string | null
  effort_for_fixing: string | null
  url: string | null
  thread_id: number
  param: string | null
  payload: string | null
  sonarqube_issue: number | null
  notes: number[]
  tags: string[]
  meta: MetadataEntry[]
  request_response: { request: string; response: string }[]
}

export interface TestImportRecord {
  id: number
  created: string
  modified: string
  test: number
  type: 'import' | 'reimport'
  import_settings: Record<string, unknown>
  version: string
  build_id: string
  commit_hash: string
  branch_tag: string
  actions: { id: number; action: 'N' | 'C' | 'R' | 'U'; finding: number; created: string }[]
}

export interface RiskAcceptanceRecord {
  id: number
  created: string
  updated: string
  name: string
  recommendation: string
  recommendation_details: string | null
  decision: string
  decision_details: string | null
  accepted_by: string | null
  expiration_date: string | null
  expiration_date_warned: string | null
  expiration_date_handled: string | null
  reactivate_expired: boolean
  restart_sla_expired: boolean
  owner: number
  accepted_findings: number[]
  notes: number[]
}

export interface SlaConfigurationRecord {
  id: number
  name: string
  description: string | null
  critical: number
  enforce_critical: boolean
  high: number
  enforce_high: boolean
  medium: number
  enforce_medium: boolean
  low: number
  enforce_low: boolean
  restart_sla_on_reactivation: boolean
}

export interface NamedRecord {
  id: number
  name: string
  description?: string | null
}

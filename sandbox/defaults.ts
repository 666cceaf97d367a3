import type {
  EngagementRecord,
  FindingRecord,
  ProductRecord,
  ProductTypeRecord,
  SlaConfigurationRecord,
  TestRecord,
} from './records.js'

type Rest<Row, Required extends keyof Row> = Omit<
  Row,
  'id' | 'created' | 'updated' | Extract<Required, keyof Row>
>

/** What DefectDojo stores where a create says nothing. Functions, so that no two rows share an array. */
export const productTypeDefaults = (): Rest<ProductTypeRecord, 'name'> => ({
  description: null,
  critical_product: false,
  key_product: false,
  authorized_users: [],
})

export const productDefaults = (): Rest<ProductRecord, 'name' | 'prod_type'> => ({
  description: '',
  business_criticality: null,
  platform: null,
  lifecycle: null,
  origin: null,
  prod_numeric_grade: null,
  user_records: null,
  revenue: null,
  external_audience: false,
  internet_accessible: false,
  enable_product_tag_inheritance: false,
  enable_simple_risk_acceptance: false,
  enable_full_risk_acceptance: true,
  disable_sla_breach_notifications: false,
  product_manager: null,
  technical_contact: null,
  team_manager: null,
  sla_configuration: 1,
  authorized_users: [],
  regulations: [],
  tags: [],
  meta: [],
})

export const engagementDefaults = (): Rest<
  EngagementRecord,
  'product' | 'name' | 'target_start' | 'target_end'
> => ({
  description: null,
  version: null,
  first_contacted: null,
  reason: null,
  active: true,
  tracker: null,
  test_strategy: null,
  threat_model: true,
  api_test: true,
  pen_test: true,
  check_list: true,
  status: 'Not Started',
  progress: 'threat_model',
  tmodel_path: 'none',
  done_testing: false,
  engagement_type: 'Interactive',
  build_id: null,
  commit_hash: null,
  branch_tag: null,
  source_code_management_uri: null,
  deduplication_on_engagement: false,
  lead: null,
  requester: null,
  preset: null,
  report_type: null,
  cicd_scm_server: null,
  cicd_build_server: null,
  cicd_orchestration_engine: null,
  notes: [],
  tags: [],
})

export const testDefaults = (): Rest<
  TestRecord,
  'engagement' | 'test_type' | 'target_start' | 'target_end'
> => ({
  scan_type: null,
  title: null,
  description: null,
  percent_complete: null,
  version: null,
  build_id: null,
  commit_hash: null,
  branch_tag: null,
  lead: null,
  environment: null,
  api_scan_configuration: null,
  notes: [],
  tags: [],
})

export const findingDefaults = (): Rest<
  FindingRecord,
  | 'test'
  | 'title'
  | 'severity'
  | 'date'
  | 'numerical_severity'
  | 'last_status_update'
  | 'hash_code'
  | 'sla_expiration_date'
  | 'static_finding'
  | 'dynamic_finding'
> => ({
  description: '',
  mitigation: null,
  impact: null,
  steps_to_reproduce: null,
  severity_justification: null,
  references: null,
  active: true,
  verified: false,
  false_p: false,
  duplicate: false,
  out_of_scope: false,
  risk_accepted: false,
  is_mitigated: false,
  mitigated: null,
  mitigated_by: null,
  under_review: false,
  under_defect_review: false,
  last_reviewed: null,
  last_reviewed_by: null,
  duplicate_finding: null,
  reporter: 1,
  reviewers: [],
  review_requested_by: null,
  defect_review_requested_by: null,
  found_by: [],
  cwe: 0,
  cwes: [],
  vulnerability_ids: [],
  cvssv3: null,
  cvssv3_score: null,
  cvssv4: null,
  cvssv4_score: null,
  epss_score: null,
  epss_percentile: null,
  known_exploited: false,
  ransomware_used: false,
  kev_date: null,
  fix_available: null,
  fix_version: null,
  sla_start_date: null,
  line: null,
  file_path: null,
  component_name: null,
  component_version: null,
  scanner_confidence: null,
  unique_id_from_tool: null,
  vuln_id_from_tool: null,
  sast_source_object: null,
  sast_sink_object: null,
  sast_source_line: null,
  sast_source_file_path: null,
  nb_occurences: null,
  publish_date: null,
  service: null,
  planned_remediation_date: null,
  planned_remediation_version: null,
  effort_for_fixing: null,
  url: null,
  thread_id: 0,
  param: null,
  payload: null,
  sonarqube_issue: null,
  notes: [],
  tags: [],
  meta: [],
  request_response: [],
})

/** DefectDojo's own SLA days, all enforced. */
export const usualSla: Omit<SlaConfigurationRecord, 'id' | 'name'> = {
  description: null,
  critical: 7,
  enforce_critical: true,
  high: 30,
  enforce_high: true,
  medium: 90,
  enforce_medium: true,
  low: 120,
  enforce_low: true,
  restart_sla_on_reactivation: false,
}

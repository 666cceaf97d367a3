import type { Role } from '../../src/access/permissions.js'

/** Arguments as clients send them: always text. Together they show every form a prompt's text can take. */
export const samples: Readonly<Record<string, readonly Readonly<Record<string, string>>[]>> = {
  triage_finding: [{ finding_id: '12' }],
  work_queue: [{}, { product_id: '3', severity: 'Info', limit: '50' }],
  review_false_positives: [
    {},
    { product_id: '3', test_id: '7', severity: 'Low', limit: '5', offset: '40' },
  ],
  import_and_review_scan: [
    { scan_type: 'Bandit Scan', product_name: 'Shop', engagement_name: 'Nightly' },
    {
      scan_type: 'Trivy Scan',
      product_name: 'Shop',
      engagement_name: 'Nightly',
      minimum_severity: 'Low',
      update: 'true',
    },
  ],
  weekly_posture_report: [{}, { product_id: '3', since: '2026-07-27' }],
}

/** The least role that may get each prompt. */
export const leastRole: Readonly<Record<string, Role>> = {
  triage_finding: 'writer',
  work_queue: 'reader',
  review_false_positives: 'writer',
  import_and_review_scan: 'scanner',
  weekly_posture_report: 'reader',
}

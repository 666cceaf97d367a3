import type { Person } from './people.js'
import type { TestKind } from './template.js'

/** A test: when it ended (days before now), how many findings it has, and how many of them an earlier test of its kind already had. */
export interface TestPlan {
  kind: TestKind
  /** The scan type, or for a test by hand the test type. */
  type: string
  tool?: string
  title?: string
  daysAgo: number
  findings: number
  repeated?: number
  environment: string
}

/** An engagement. Days are before now; negative days are still to come. */
export interface EngagementPlan {
  product: string
  name: string
  type: 'CI/CD' | 'Interactive'
  status: string
  from: number
  to: number
  lead: Person
  description: string
  version?: string
  branch?: string
  tags: readonly string[]
  tests: readonly TestPlan[]
}

const semgrep = 'Semgrep JSON Report'
const trivy = 'Trivy Scan'
const code = (daysAgo: number, findings: number, repeated = 0): TestPlan => ({
  kind: 'code',
  type: semgrep,
  daysAgo,
  findings,
  repeated,
  environment: 'Development',
})
const components = (daysAgo: number, findings: number, repeated = 0): TestPlan => ({
  ...code(daysAgo, findings, repeated),
  kind: 'components',
  type: trivy,
  title: 'Dependencies',
})
const image = (daysAgo: number, findings: number, repeated = 0): TestPlan => ({
  ...components(daysAgo, findings, repeated),
  kind: 'image',
  title: 'Container image',
  environment: 'Production',
})
const secrets = (daysAgo: number, findings: number): TestPlan => ({
  ...code(daysAgo, findings),
  kind: 'secrets',
  type: 'Gitleaks Scan',
})
const zap = (daysAgo: number, findings: number, repeated = 0): TestPlan => ({
  ...code(daysAgo, findings, repeated),
  kind: 'dynamic',
  type: 'ZAP Scan',
  environment: 'Staging',
})
const pentest = (daysAgo: number, findings: number, title: string): TestPlan => ({
  ...code(daysAgo, findings),
  kind: 'pentest',
  type: 'Pen Test',
  title,
  environment: 'Pre-prod',
})

const pipeline = (
  product: string,
  branch: string,
  version: string,
  tests: readonly TestPlan[],
): EngagementPlan => ({
  product,
  name: `${branch} pipeline`,
  type: 'CI/CD',
  status: 'In Progress',
  from: 360,
  to: -5,
  lead: 'pipeline',
  description: `Every merge to ${branch} is scanned.`,
  version,
  branch,
  tags: ['ci', 'automated'],
  tests,
})

const byHand = (
  product: string,
  name: string,
  from: number,
  to: number,
  description: string,
  tests: readonly TestPlan[],
): EngagementPlan => ({
  product,
  name,
  type: 'Interactive',
  status: to > 0 ? 'Completed' : from > 0 ? 'In Progress' : 'Scheduled',
  from,
  to,
  lead: 'tomas',
  description,
  tags: ['manual'],
  tests,
})

export const engagementPlans: readonly EngagementPlan[] = [
  pipeline('shop', 'main', '2026.11', [
    code(210, 12),
    code(120, 10),
    components(96, 11),
    zap(45, 12),
    secrets(33, 2),
    image(12, 3),
    code(6, 10, 4),
    components(1, 10, 4),
  ]),
  byHand(
    'shop',
    'Pentest before the peak season',
    62,
    48,
    'Two weeks, customer account and checkout.',
    [pentest(48, 14, 'Customer account and checkout')],
  ),
  pipeline('payments', 'release', '8.14.2', [
    code(190, 10),
    code(88, 9),
    components(70, 7),
    image(28, 3),
    secrets(14, 2),
    code(3, 8, 3),
  ]),
  byHand('payments', 'PCI DSS penetration test', 100, 86, 'Yearly test by an approved company.', [
    pentest(86, 11, 'Refunds and webhooks'),
  ]),
  pipeline('app', 'main', '7.2.0', [
    { ...code(77, 12), kind: 'mobile', type: 'MobSF Scan', title: 'Release build' },
    components(40, 9),
    secrets(21, 2),
    { ...code(5, 7, 3), kind: 'mobile', type: 'MobSF Scan', title: 'Release build' },
  ]),
  byHand('app', 'Review of the new payment screen', 9, -12, 'Before the release of 7.3.', [
    pentest(2, 5, 'Payment screen'),
  ]),
  pipeline('identity', 'main', '3.9.0', [
    { ...code(200, 8), type: 'SARIF', tool: 'CodeQL' },
    { ...code(110, 8), type: 'SARIF', tool: 'CodeQL' },
    components(52, 2),
    image(25, 3),
    secrets(18, 2),
    { ...code(4, 8, 3), type: 'SARIF', tool: 'CodeQL' },
  ]),
  byHand('identity', 'Threat model of passkeys', 30, 16, 'What changes when passwords go.', [
    { ...pentest(16, 6, 'Passkey enrolment'), type: 'Threat Modeling' },
  ]),
  pipeline('data', 'nightly', '5.2', [
    { ...code(180, 10), type: 'Bandit Scan' },
    { ...code(95, 10), type: 'Bandit Scan' },
    components(60, 7),
    image(31, 3),
    secrets(20, 2),
    { ...code(2, 9, 4), type: 'Bandit Scan' },
  ]),
  byHand(
    'warehouse',
    'Code review before retirement',
    150,
    130,
    'What has to be fixed even though it goes.',
    [
      { ...code(130, 14), type: 'Manual Code Review' },
      zap(118, 10),
      components(117, 6),
      secrets(117, 1),
    ],
  ),
  pipeline('clusters', 'main', '2026.46', [
    { ...code(66, 13), kind: 'cloud', type: 'Checkov Scan', environment: 'Production' },
    image(40, 3),
    secrets(22, 2),
    components(9, 1),
    { ...code(1, 10, 4), kind: 'cloud', type: 'Checkov Scan', environment: 'Production' },
  ]),
  pipeline('support', 'main', '4.0', [
    { ...code(73, 9), type: 'Bandit Scan' },
    components(44, 9),
    zap(13, 10),
    image(12, 3),
  ]),
  byHand('support', 'Review of the attachment store', 52, 41, 'After it moved to the cloud.', [
    pentest(41, 8, 'Attachments and refunds'),
  ]),
  byHand(
    'support',
    'Bug bounty triage',
    90,
    -60,
    'Reports of outside researchers, as they sent them. Treat the texts with care.',
    [],
  ),
  byHand('shop', 'Red team exercise', -20, -34, 'Announced to the management only.', []),
]

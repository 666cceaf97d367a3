import type { Severity } from '../parsers/parsed-report.js'

/** The kinds of test the organisation does; a template is found by one or more of them. */
export type TestKind =
  | 'code'
  | 'components'
  | 'image'
  | 'dynamic'
  | 'pentest'
  | 'mobile'
  | 'cloud'
  | 'secrets'

export type Language =
  | 'typescript'
  | 'java'
  | 'python'
  | 'php'
  | 'kotlin'
  | 'swift'
  | 'go'
  | 'terraform'

/**
 * A weakness that is found again and again. Texts may hold `{file}`, `{symbol}`, `{endpoint}`, `{parameter}`, `{host}` and `{resource}`,
 * which a place in a product fills in.
 */
export interface WeaknessTemplate {
  kinds: readonly TestKind[]
  /** Only in code of these languages; absent: in any. */
  languages?: readonly Language[]
  /** Only in places whose text holds this. */
  only?: string
  rule: string
  title: string
  severity: Severity
  cwe: number
  cvssv3?: string
  cvssv3_score?: number
  description: string
  impact: string
  mitigation: string
  steps?: string
  references: readonly string[]
  tags?: readonly string[]
}

/** A published vulnerability of a component. */
export interface ComponentTemplate {
  id: string
  ecosystem: 'npm' | 'maven' | 'pypi' | 'go' | 'debian'
  component: string
  version: string
  fixed: string
  summary: string
  severity: Severity
  cwe: number
  cvssv3: string
  cvssv3_score: number
  epss: number
  percentile: number
  /** The day CISA listed it as known to be exploited. */
  exploitedSince?: string
  ransomware?: boolean
}

/** Fills the blanks of a template; one that the place does not know stays visible, and a test looks for that. */
export function fill(text: string, place: Readonly<Record<string, string>>): string {
  return text.replaceAll(/\{(\w+)\}/g, (blank, name: string) => place[name] ?? blank)
}

import { ReportError, type Severity } from './parsed-report.js'

const SEVERITIES: readonly Severity[] = ['Info', 'Low', 'Medium', 'High', 'Critical']

/** Narrows a word to a severity, in exact case. */
export function isSeverity(word: string): word is Severity {
  return (SEVERITIES as readonly string[]).includes(word)
}

/** The severity an importer stores for a parser's word; anything it does not know is a {@link ReportError}. */
export function supportedSeverity(word: string): Severity {
  if (isSeverity(word)) return word
  if (/^(?:info|none$)/i.test(word)) return 'Info'
  const known = SEVERITIES.map((severity) => `'${severity}'`).join(', ')
  throw new ReportError(
    `Finding severity "${word}" is not supported. Any of the following are supported: [${known}].`,
  )
}

/** CVSS's own bands; a score of 0 is Info. */
export function severityOfScore(score: number): Severity {
  if (score >= 9) return 'Critical'
  if (score >= 7) return 'High'
  if (score >= 4) return 'Medium'
  return score > 0 ? 'Low' : 'Info'
}

/** The number in `CWE-79`, `cwe-079` or `CWE-79: Cross-site Scripting`; undefined without one. */
export function cweNumber(label: string): number | undefined {
  const digits = /cwe-(\d+)/i.exec(label)?.[1]
  return digits === undefined ? undefined : Number.parseInt(digits, 10)
}

import { parseBandit } from './bandit.js'
import { parseGeneric } from './generic.js'
import type { ReportParser } from './parsed-report.js'
import { parseSarif } from './sarif.js'
import { parseSemgrep } from './semgrep.js'
import { parseTrivy } from './trivy.js'

/** The report formats the sandbox reads, by the scan type name DefectDojo gives them. */
export const parsers: ReadonlyMap<string, ReportParser> = new Map([
  ['SARIF', parseSarif],
  ['Bandit Scan', parseBandit],
  ['Trivy Scan', parseTrivy],
  ['Semgrep JSON Report', parseSemgrep],
  ['Generic Findings Import', parseGeneric],
])

import type { Severity } from '../parsers/parsed-report.js'

/** Best first, the order in which DefectDojo names them in errors and sums them in statistics. */
export const severities: readonly Severity[] = ['Info', 'Low', 'Medium', 'High', 'Critical']

const codes: Readonly<Record<Severity, string>> = {
  Critical: 'S0',
  High: 'S1',
  Medium: 'S2',
  Low: 'S3',
  Info: 'S4',
}

/** `S0` for Critical … `S4` for Info: what `numerical_severity` holds, whatever was sent. */
export function numericalSeverity(severity: Severity): string {
  return codes[severity]
}

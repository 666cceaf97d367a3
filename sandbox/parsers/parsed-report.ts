/** The five severities, worst first, as DefectDojo spells them. */
export type Severity = 'Critical' | 'High' | 'Medium' | 'Low' | 'Info'

/** A finding as a parser reads it from a report, in DefectDojo's field names. What the report does not say is left out. */
export interface ParsedFinding {
  title: string
  severity: Severity
  description: string
  mitigation?: string
  impact?: string
  references?: string
  steps_to_reproduce?: string
  severity_justification?: string
  /** `YYYY-MM-DD` */
  date?: string
  /** The number of the weakness, `79` for CWE-79; 0 or absent for none. */
  cwe?: number
  vulnerability_ids?: string[]
  cvssv3?: string
  cvssv3_score?: number
  component_name?: string
  component_version?: string
  file_path?: string
  line?: number
  active?: boolean
  verified?: boolean
  false_p?: boolean
  static_finding?: boolean
  dynamic_finding?: boolean
  unique_id_from_tool?: string
  vuln_id_from_tool?: string
  service?: string
  tags?: string[]
}

/** One report may describe several tools; `testType` is the tool's own name where the format carries one (SARIF, Generic). */
export interface ParsedReport {
  testType?: string
  findings: ParsedFinding[]
}

/** Reads a report's text. Throws a {@link ReportError} for what DefectDojo answers 400 to, and any other error for what it answers 500 to. */
export type ReportParser = (report: string) => ParsedReport

/** A report that DefectDojo refuses with `400 {"message": "['<text>']"}`. */
export class ReportError extends Error {
  override readonly name = 'ReportError'
}

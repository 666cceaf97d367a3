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
  /** All weaknesses the report names, the primary one among them. */
  cwes?: number[]
  vulnerability_ids?: string[]
  cvssv3?: string
  cvssv3_score?: number
  cvssv4?: string
  cvssv4_score?: number
  /** Both 0 to 1, not per cent. */
  epss_score?: number
  epss_percentile?: number
  known_exploited?: boolean
  ransomware_used?: boolean
  kev_date?: string
  fix_available?: boolean
  fix_version?: string
  component_name?: string
  component_version?: string
  file_path?: string
  line?: number
  active?: boolean
  verified?: boolean
  false_p?: boolean
  out_of_scope?: boolean
  is_mitigated?: boolean
  risk_accepted?: boolean
  static_finding?: boolean
  dynamic_finding?: boolean
  unique_id_from_tool?: string
  vuln_id_from_tool?: string
  /** 1, certain, to 10. */
  scanner_confidence?: number
  /** How many results of the report were folded into this one. */
  nb_occurences?: number
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

/** How DefectDojo decides that two findings of a scan type are the same one. */
export interface DedupeSettings {
  algorithm: 'legacy' | 'hash_code' | 'unique_id_from_tool' | 'unique_id_from_tool_or_hash_code'
  /** The fields that are hashed; null: title, cwe, line, file_path and description. */
  hashFields: readonly HashField[] | null
}

/** The fields that a scan type may name for its hash. */
export type HashField =
  | 'title'
  | 'severity'
  | 'vulnerability_ids'
  | 'cwe'
  | 'description'
  | 'file_path'
  | 'line'
  | 'vuln_id_from_tool'

const settings: Readonly<Record<string, DedupeSettings>> = {
  SARIF: { algorithm: 'unique_id_from_tool_or_hash_code', hashFields: null },
  'Semgrep JSON Report': { algorithm: 'unique_id_from_tool_or_hash_code', hashFields: null },
  'Generic Findings Import': { algorithm: 'hash_code', hashFields: null },
  'Bandit Scan': {
    algorithm: 'hash_code',
    hashFields: ['file_path', 'line', 'vuln_id_from_tool'],
  },
  'Trivy Scan': {
    algorithm: 'hash_code',
    hashFields: ['title', 'severity', 'vulnerability_ids', 'cwe', 'description'],
  },
}

const legacy: DedupeSettings = { algorithm: 'legacy', hashFields: null }

/** 3.2.0's settings for a scan type; tests made by hand have none and are compared the old way. */
export function dedupeSettings(scanType: string | null): DedupeSettings {
  return (scanType === null ? undefined : settings[scanType]) ?? legacy
}

import { parsers } from '../parsers/index.js'
import type { ReportParser } from '../parsers/parsed-report.js'

/** Accepted like DefectDojo does, but not read: a report of these types ends as an unreadable one does, in a 500. */
const unread = ['ZAP Scan']

/** The scan types that import-scan takes. */
export const scanTypes: readonly string[] = [...parsers.keys(), ...unread]

/** Types whose reports name their tool, which gives the test type; the test is made only after the report was read. */
const namesItsTool = new Set(['SARIF', 'Generic Findings Import'])

export interface ScanType {
  parse: ReportParser
  /** The test exists before the report is read, so that a bad report leaves an empty one behind. */
  testFirst: boolean
}

/** How a scan type that `scanTypes` names is read. */
export function scanTypeNamed(name: string): ScanType {
  const parse = parsers.get(name)
  return {
    parse:
      parse ??
      (() => {
        throw new Error(`no parser for ${name}`)
      }),
    testFirst: !namesItsTool.has(name),
  }
}

/** `ESLint` in a SARIF report makes the test type `ESLint Scan (SARIF)`. */
export function testTypeName(scanType: string, tool: string | undefined): string {
  if (!tool) return scanType
  const name = tool.endsWith(' Scan') ? tool : `${tool} Scan`
  return name === scanType ? name : `${name} (${scanType})`
}

import { ReportError } from './parsed-report.js'

/** Rows of RFC 4180 text, each as its columns by name. A row with more cells than the header, or an open quote, is a {@link ReportError}. */
export function readCsv(text: string): ReadonlyMap<string, string>[] {
  const [header, ...rows] = cells(text)
  if (header === undefined) return []
  return rows
    .filter((row) => row.length > 1 || row[0] !== '')
    .map((row, index) => {
      if (row.length > header.length) {
        throw new ReportError(`row ${index + 2} has more cells than the header`)
      }
      return new Map(row.map((cell, column) => [header[column] as string, cell]))
    })
}

function cells(text: string): string[][] {
  const rows: string[][] = []
  let row: string[] = []
  const pattern = /(?:"((?:[^"]|"")*)"|([^",\r\n]*))(,|\r\n|\n|\r|$)/y
  while (pattern.lastIndex <= text.length) {
    const match = pattern.exec(text)
    if (match === null) throw new ReportError(`row ${rows.length + 1} has a quote out of place`)
    const [, quoted, plain, end] = match
    row.push(quoted?.replaceAll('""', '"') ?? plain ?? '')
    if (end === ',') continue
    rows.push(row)
    row = []
    if (end === '') break
  }
  return rows
}

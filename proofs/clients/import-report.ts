/** Arguments of an import_scan that creates everything it needs; the engagement's name tells the request. */
export const reportFor = (engagement_name: string) => ({
  scan_type: 'Generic Findings Import',
  file_name: 'report.json',
  product_name: 'Of a proof',
  product_type_name: 'Of a proof',
  engagement_name,
  content: JSON.stringify(report),
})

const report = {
  findings: [{ title: 'Found by a proof', severity: 'Low', description: 'Of a proof.' }],
}

/** The same in base64, and so long. */
export function longReportFor(engagement_name: string, base64Length: number) {
  const { content, ...rest } = reportFor(engagement_name)
  // Blanks behind a document are none of its content, and cost DefectDojo nothing.
  const text = content.padEnd(Math.floor((base64Length / 4) * 3), ' ')
  return { ...rest, file: Buffer.from(text).toString('base64') }
}

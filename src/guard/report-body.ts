/** The calls that carry a report, and the arguments it can stand in. */
const reportTools: ReadonlySet<unknown> = new Set(['import_scan', 'reimport_scan'])
const reportArguments = ['content', 'file'] as const

/** No character of a text takes more of them in JSON (`\u0000`). */
const longestEscape = 6

/**
 * True when the message is as long as its text is because of the report in it. Every other member of a message is copied, compared
 * or repeated in an answer somewhere on its way, so that only a report may be larger than other requests are.
 *
 * @param besides how much of the text may be anything else
 */
export function isReport(message: unknown, textLength: number, besides: number): boolean {
  if (member(message, 'method') !== 'tools/call') return false
  const params = member(message, 'params')
  if (!reportTools.has(member(params, 'name'))) return false
  return reportArguments.some((name) => {
    const report = member(member(params, 'arguments'), name)
    return typeof report === 'string' && report.length * longestEscape >= textLength - besides
  })
}

function member(value: unknown, name: string): unknown {
  if (typeof value !== 'object' || value === null || !Object.hasOwn(value, name)) return undefined
  return (value as Record<string, unknown>)[name]
}

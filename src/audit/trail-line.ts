/** The text, if a member of a record is one. */
export const textOrNull = (value: unknown): string | null =>
  typeof value === 'string' ? value : null

/** The record of a signed line, or null when the line is not JSON. Its end says that it can only be an object. */
export function recordOf(signedLine: Buffer): Readonly<Record<string, unknown>> | null {
  try {
    return JSON.parse(signedLine.toString('latin1')) as Record<string, unknown>
  } catch {
    return null
  }
}

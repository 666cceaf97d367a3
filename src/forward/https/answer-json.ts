/** The object that an answer is, or null: what a receiver says may be anything. */
export function answerObject(text: string): Readonly<Record<string, unknown>> | null {
  try {
    return objectOrNull(JSON.parse(text))
  } catch {
    return null
  }
}

/** The value, if it is an object. */
export const objectOrNull = (value: unknown): Readonly<Record<string, unknown>> | null =>
  typeof value === 'object' && value !== null && !Array.isArray(value)
    ? (value as Record<string, unknown>)
    : null

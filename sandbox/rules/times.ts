/** A date-time as Django prints it: microseconds, or none at all when they are zero. */
export function timestamp(at: Date): string {
  const text = at.toISOString()
  return text.endsWith('.000Z') ? text.replace('.000Z', 'Z') : text.replace('Z', '000Z')
}

/** The calendar day in UTC, `YYYY-MM-DD`. */
export function day(at: Date): string {
  return at.toISOString().slice(0, 10)
}

/** `days` after the day `from`; may be negative. */
export function addDays(from: string, days: number): string {
  return day(new Date(Date.parse(`${from}T00:00:00Z`) + days * 86_400_000))
}

/** Whole days from `from` to `to`, negative when `to` is earlier. */
export function daysBetween(from: string, to: string): number {
  return Math.round((Date.parse(`${to}T00:00:00Z`) - Date.parse(`${from}T00:00:00Z`)) / 86_400_000)
}

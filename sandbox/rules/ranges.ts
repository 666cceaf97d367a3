import { addDays, day } from './times.js'

/** 1 today · 2 past 7 days · 3 past 30 · 4 past 90 · 5 this month · 6 this year · 7 past year */
export const rangeCodes: readonly string[] = ['1', '2', '3', '4', '5', '6', '7']

/** Whether a date or date-time lies in the range that the code stands for, ending with today. */
export function inRange(value: string | null, code: string, now: Date): boolean {
  if (value === null) return false
  const have = value.slice(0, 10)
  const today = day(now)
  switch (code) {
    case '1':
      return have === today
    case '5':
      return have.slice(0, 7) === today.slice(0, 7)
    case '6':
      return have.slice(0, 4) === today.slice(0, 4)
    default: {
      const days = { '2': 7, '3': 30, '4': 90, '7': 365 }[code] ?? 0
      return have >= addDays(today, -days) && have <= today
    }
  }
}

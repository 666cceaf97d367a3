/** The text is not a number at all. */
export const notANumber = Symbol('not a number')

/**
 * A whole number, read as the reference reads it (behaviour spec §2.2): blanks around it, a sign and single `_` between digits
 * are tolerated; `1e3`, `12.0`, `0x10` and the empty text are not numbers. A bigint, so that no digit is lost on the way to a message.
 */
export function readInteger(text: string): bigint | typeof notANumber {
  const match = /^([+-]?)(\d+(?:_\d+)*)$/.exec(text.trim())
  if (match === null) return notANumber
  const [, sign = '', digits = ''] = match
  // A thousand digits are no setting, and converting them would take its time.
  if (digits.length > 64) return notANumber
  const value = BigInt(digits.replaceAll('_', ''))
  return sign === '-' ? -value : value
}

/** A number with or without fraction and exponent, read with the same tolerance; `nan` and `inf` are not numbers. */
export function readNumber(text: string): number | typeof notANumber {
  const match = /^[+-]?(?:\d+(?:_\d+)*\.?(?:\d+(?:_\d+)*)?|\.\d+(?:_\d+)*)(?:e[+-]?\d+)?$/i.exec(
    text.trim(),
  )
  const value = match === null ? Number.NaN : Number(match[0].replaceAll('_', ''))
  return Number.isFinite(value) ? value : notANumber
}

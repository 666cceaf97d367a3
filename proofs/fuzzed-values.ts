import type { AuditValue } from '../src/audit/audit-log.js'
import type { Choices } from './choices.js'

/** Makes texts and values that no writer or reader of JSON likes; a text in a thousand has `longest` pieces. */
export function fuzzedValues(random: Choices, longest: number) {
  function anyText(): string {
    const pieces = [
      '\u0000',
      '\u2028',
      '\ud800',
      '\udfff',
      '\u{1f600}',
      '"',
      '\\',
      '\n',
      '\r\n',
      'é',
      '\u007f',
      '\u009b',
      '{"timestamp": "',
      '", "integrity_hmac": "',
      'a',
      ' ',
      '\ufeff',
      '\u202e',
    ]
    const length = random.next() < 0.001 ? longest : random.below(12)
    return Array.from({ length }, () => random.pick(pieces)).join('')
  }

  function anyValue(depth = 0): AuditValue {
    switch (random.below(depth > 3 ? 6 : 9)) {
      case 0:
        return anyText()
      case 1:
        return random.pick([
          0,
          -0,
          1e21,
          1e-7,
          1e-5,
          123.456,
          -1.5e300,
          5e-324,
          2 ** 53,
          -(2 ** 63),
        ])
      case 2:
        return (random.next() - 0.5) * 10 ** random.below(40)
      case 3:
        return random.next() < 0.5
      case 4:
        return null
      case 5:
        return Number.NaN
      case 6:
        return Array.from({ length: random.below(5) }, () => anyValue(depth + 1))
      default:
        return Object.fromEntries(
          Array.from({ length: random.below(5) }, () => [
            random.pick(['__proto__', 'constructor', '', 'seq', 'integrity_hmac', anyText()]),
            anyValue(depth + 1),
          ]),
        )
    }
  }

  return { anyText, anyValue }
}

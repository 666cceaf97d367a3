const quote = 0x22
const backslash = 0x5c

/** Far above any answer of DefectDojo, far below what would cost hundreds of megabytes once parsed. */
const limits = { depth: 64, values: 1_000_000 }

/**
 * Watches JSON as it arrives and tells when it is nested too deeply or has too many strings, objects and arrays to be an
 * answer of DefectDojo. A few megabytes of brackets would otherwise become gigabytes in the parser.
 */
export function createJsonWatch(): (chunk: Uint8Array) => boolean {
  let depth = 0
  let values = 0
  let inString = false
  let escaped = false

  return (chunk) => {
    for (let index = 0; index < chunk.length; index++) {
      const byte = chunk[index]
      if (inString) {
        if (escaped) escaped = false
        else if (byte === backslash) escaped = true
        else if (byte === quote) inString = false
      } else if (byte === quote) {
        inString = true
        values++
      } else if (byte === 0x5b || byte === 0x7b) {
        values++
        if (++depth > limits.depth) return false
      } else if (byte === 0x5d || byte === 0x7d) {
        depth--
      }
    }
    return values <= limits.values
  }
}

/** The parsed text, or `undefined` when it is not JSON. JSON itself cannot say `undefined`. */
export function parseJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

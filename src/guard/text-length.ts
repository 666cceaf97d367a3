/** The number of Unicode code points in a text: how the reference and JSON Schema count its length. */
export function textLength(text: string): number {
  let length = text.length
  for (let index = 0; index + 1 < text.length; index += 1) {
    const isPair =
      (text.charCodeAt(index) & 0xfc00) === 0xd800 &&
      (text.charCodeAt(index + 1) & 0xfc00) === 0xdc00
    if (isPair) {
      length -= 1
      index += 1
    }
  }
  return length
}

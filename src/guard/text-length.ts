/** The number of Unicode code points in a text: how the reference and JSON Schema count its length. */
export function textLength(text: string): number {
  // One byte each is ASCII, as a whole report in base64 is: counted natively, 50 MiB take no time.
  if (Buffer.byteLength(text) === text.length) return text.length

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

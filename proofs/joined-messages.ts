/** Messages with those put together that came in parts (docs/audit-format.md §5.4), at the place of the last part. */
export function* joinedMessages(messages: readonly string[]): Generator<string> {
  const parts = new Map<string, string[]>()
  for (const message of messages) {
    const text = message.trimStart()
    if (!text.startsWith('{"audit_part": ')) {
      yield text
      continue
    }
    const part = JSON.parse(text) as {
      audit_part: number
      of: number
      chain_id: string
      seq: number
      text: string
    }
    const key = `${part.chain_id} ${part.seq}`
    const known = parts.get(key) ?? []
    known[part.audit_part - 1] = part.text
    parts.set(key, known)
    if (known.length === part.of && Object.keys(known).length === part.of) {
      parts.delete(key)
      yield known.join('')
    }
  }
}

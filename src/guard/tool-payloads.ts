/** Tool calls and tool payloads in stored text (behaviour spec §7.5, rules 3 to 5), without the false alarms of W-37. */
export interface ToolPayloads {
  /** True when the text holds a call of a tool that a reader could carry out. */
  hasCall(text: string): boolean
  /** True when the text holds a tool's name with arguments behind a colon. */
  hasColonPayload(text: string): boolean
  /** The first tool that is mentioned as a word, or null. */
  mention(text: string): string | null
}

/** A definition or a member of something else, not our tool: `def create_product(`, `client.get_test(`. */
const definedOrQualified =
  /(?:\b(?:def|function|func|fn|fun|sub|void|class|method|procedure|public|private|static|int|bool|string|object)\s{1,5}|[\w)\]]\s?\.\s?|->|::|[$@/\\#])$/
/** Part of a statement of some program. */
const inStatement =
  /(?:\b(?:return|await|yield|if|elif|while|for|in|and|or|not|assert|throw|raise|with|print)\s{1,5}|[\w\])]\s{0,5}=\s{0,5}|[({,!]\s{0,5})$/
/** Arguments that name what they are: what a call of a tool looks like. */
const namedArguments = /^\s{0,20}\{?\s{0,20}["']?[a-z_]{1,40}["']?\s{0,5}[=:]/i

/** Arguments behind a colon: `close_finding:6:x`, `create_finding: {"test_id": 1}`, but not prose as in `import_scan: failed`. */
const payload =
  /^(?:\S|\s{1,20}(?:[{[]\s{0,20}["'a-z\d]|\d{1,10}(?:\s{0,5}(?:[:;,|&]|$)|\s{1,5}\w{1,40}\s?[=:])|["']?\w{1,40}["']?\s{0,5}=|-?\s{0,5}["']?(?:\w{1,40}_)?id["']?\s{0,5}:))/i

/** Other notations for a call. */
const callMarkup =
  /<\s*\/?\s*(?:antml:)?(?:tool_call|tool_use|function_calls?|invoke)\b[^<>]{0,200}>/i

/** Compiles the checks for these tools. */
export function toolPayloads(toolNames: readonly string[]): ToolPayloads {
  const names = toolNames.join('|')
  const tagCall = new RegExp(`<\\s{0,5}(?:${names})\\s{0,5}/?>\\s{0,20}\\(`, 'i')
  const jsonCall = new RegExp(
    `["'](?:name|tool|tool_name|function)["']\\s{0,5}:\\s{0,5}["'](?:${names})["'].{0,200}["'](?:arguments|parameters|params|input|args)["']\\s{0,5}:`,
    'is',
  )
  const call = new RegExp(`\\b(?:${names})\\s{0,20}\\(`, 'gi')
  const colon = new RegExp(`\\b(?:${names})\\s{0,20}:`, 'gi')
  const word = new RegExp(`\\b(?:${names})\\b`, 'i')

  return {
    hasCall(text) {
      if (callMarkup.test(text) && word.test(text)) return true
      if (tagCall.test(text) || jsonCall.test(text)) return true
      for (const { index, 0: matched } of text.matchAll(call)) {
        const before = text.slice(Math.max(0, index - 40), index)
        const after = text.slice(index + matched.length, index + matched.length + 120)
        if (definedOrQualified.test(before) || /^\s{0,20}\)/.test(after)) continue
        if (inStatement.test(before) && !namedArguments.test(after)) continue
        return true
      }
      return false
    },

    hasColonPayload(text) {
      for (const { index, 0: matched } of text.matchAll(colon)) {
        const end = index + matched.length
        if (payload.test(text.slice(end, end + 120))) return true
      }
      return false
    },

    mention: (text) => word.exec(text)?.[0].toLowerCase() ?? null,
  }
}

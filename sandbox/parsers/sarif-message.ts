import { isObject, type Json, type JsonObject, object, text, texts } from './report-json.js'

/** The text of a SARIF message or multiformat string: its own, or the rule's `messageStrings[id]` with the arguments put in. */
export function messageText(
  value: Json | undefined,
  rule: JsonObject | undefined,
): string | undefined {
  const message = object(value, 'a message')
  if (rule === undefined || message.id === undefined) {
    return typeof message.text === 'string' ? message.text : undefined
  }
  const id = text(message.id, 'message.id')
  const strings = object(rule.messageStrings, 'messageStrings')
  const template = text(object(strings[id], `messageStrings.${id}`).text, 'text')
  const values = texts(message.arguments, 'arguments')
  return template.replaceAll(/\{(\d)\}/g, (_, index: string) => {
    const argument = values[Number(index)]
    if (argument === undefined) throw new TypeError(`argument ${index} of a message is missing`)
    return argument
  })
}

/** What a finding of this result says: message, snippet, the rule's texts, and the flow that leads to it. */
export function describeResult(
  result: JsonObject,
  rule: JsonObject | undefined,
  location: JsonObject | undefined,
): string {
  const parts: string[] = []
  const message = result.message === undefined ? '' : messageText(result.message, rule)
  if (result.message !== undefined) parts.push(`**Result message:** ${message}`)
  const snippet = snippetOf(location)
  if (snippet !== undefined) parts.push(`**Snippet:**\n\`\`\`\n${snippet}\n\`\`\``)
  if (rule !== undefined) {
    if (rule.name !== undefined) parts.push(`**Rule name:** ${rule.name}`)
    const short = rule.shortDescription && messageText(rule.shortDescription, rule)
    if (short && short !== message) parts.push(`**Rule short description:** ${short}`)
    const full = rule.fullDescription && messageText(rule.fullDescription, rule)
    if (full && full !== message && full !== short) parts.push(`**Rule full description:** ${full}`)
  }
  const flow = codeFlow(result)
  if (flow !== undefined) parts.push(flow)
  return parts.join('\n')
}

function snippetOf(location: JsonObject | undefined): string | undefined {
  const physical = location?.physicalLocation
  if (!isObject(physical)) return undefined
  for (const region of [physical.region, physical.contextRegion]) {
    if (!isObject(region) || !isObject(region.snippet)) continue
    if (typeof region.snippet.text === 'string') return region.snippet.text
  }
  return undefined
}

/** The last thread flow of the result, one numbered line a step: DefectDojo keeps only that one. */
function codeFlow(result: JsonObject): string | undefined {
  const flows = list(result.codeFlows).flatMap((flow) => list(flow.threadFlows))
  const steps = flows.map((flow) => list(flow.locations)).findLast((found) => found.length > 0)
  if (steps === undefined) return undefined
  return ['**Code flow:**', ...steps.flatMap(flowStep)].join('\n')
}

function flowStep(step: JsonObject, index: number): string[] {
  const location = inner(step, 'location')
  const physical = inner(location, 'physicalLocation')
  const region = inner(physical, 'region')
  const line = region.startLine === undefined ? '' : `:L${region.startLine}`
  const column = region.startColumn === undefined ? '' : `:C${region.startColumn}`
  const snippet = inner(region, 'snippet').text
  const code = snippet === undefined ? '' : `\t-\t${snippet}`
  const where = `${index + 1}. ${inner(physical, 'artifactLocation').uri}${line}${column}${code}`
  const message = inner(location, 'message')
  const said = message.markdown ?? message.text
  return said === undefined ? [where] : [where, `\t${said}`]
}

function inner(value: JsonObject, key: string): JsonObject {
  const found = value[key]
  return isObject(found) ? found : {}
}

function list(value: Json | undefined): JsonObject[] {
  return Array.isArray(value) ? value.filter(isObject) : []
}

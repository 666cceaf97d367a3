import type { Severity } from './parsed-report.js'
import { cweNumber, isSeverity, severityOfScore } from './rating.js'
import { isObject, type Json, type JsonObject, objects, text, texts } from './report-json.js'

/** `security-severity` of the rule wins, as a score or a word; else the level of the result, else the rule's default; else Medium. */
export function sarifSeverity(
  result: JsonObject,
  rule: JsonObject | undefined,
): { severity: Severity; cvssv3_score?: number } {
  const rated = properties(rule)['security-severity']
  if (rated !== undefined) {
    const score = typeof rated === 'string' && rated.trim() === '' ? Number.NaN : Number(rated)
    if (!Number.isNaN(score)) return { severity: severityOfScore(score), cvssv3_score: score }
    const word = text(rated, 'security-severity').toLowerCase()
    const capitalised = word.slice(0, 1).toUpperCase() + word.slice(1)
    return { severity: isSeverity(capitalised) ? capitalised : 'Info' }
  }
  const configuration = rule?.defaultConfiguration
  const level = result.level ?? (isObject(configuration) ? configuration.level : undefined)
  if (level === 'error') return { severity: 'High' }
  return { severity: level === 'note' ? 'Info' : 'Medium' }
}

/** Every weakness the rule and the result name; the primary is the last of the best source (taxa, then the result, then the rule). */
export function sarifWeaknesses(
  result: JsonObject,
  rule: JsonObject | undefined,
): { cwe?: number; cwes?: number[] } {
  const sources = [ruleWeaknesses(rule), resultWeaknesses(result), taxaWeaknesses(result)]
  const cwe = sources.findLast((source) => source.length > 0)?.at(-1)
  return cwe === undefined ? {} : { cwe, cwes: [...new Set(sources.flat())] }
}

/** Tags of rule and result, each once, without CodeQL's prefix for weaknesses. */
export function sarifTags(result: JsonObject, rule: JsonObject | undefined): string[] {
  const tags = [...propertyTags(rule), ...propertyTags(result)]
  return [...new Set(tags.map((tag) => tag.replace(/^external\/cwe\//, '')))]
}

/** An identity from `fingerprints` (the first method) or `partialFingerprints` (all, in order of name), newest version of each. */
export function sarifIdentity(result: JsonObject): string | undefined {
  const [whole] = newestHashes(result.fingerprints)
  if (whole !== undefined) return whole[1].value
  const partial = newestHashes(result.partialFingerprints).sort(([a], [b]) => (a < b ? -1 : 1))
  if (partial.length === 0) return undefined
  return partial.map(([method, { value }]) => `${method}:${value}`).join('|')
}

function ruleWeaknesses(rule: JsonObject | undefined): number[] {
  if (rule === undefined) return []
  if (Array.isArray(rule.relationships)) {
    return numbers(
      objects(rule.relationships, 'relationships').map((item) =>
        isObject(item.target) ? item.target.id : undefined,
      ),
    )
  }
  const own = properties(rule).cwe
  if (own !== undefined) return numbers(Array.isArray(own) ? own : [own])
  return numbers(propertyTags(rule))
}

function resultWeaknesses(result: JsonObject): number[] {
  const own = properties(result).cwe
  return own === undefined ? [] : numbers([own])
}

function taxaWeaknesses(result: JsonObject): number[] {
  if (!Array.isArray(result.taxa)) return []
  return numbers(
    result.taxa.filter(isObject).map((taxon) => {
      const component = taxon.toolComponent
      const isCwe = isObject(component) && component.name === 'CWE'
      return isCwe ? `CWE-${String(taxon.id).replace(/^cwe-/i, '')}` : ''
    }),
  )
}

function numbers(labels: readonly (Json | undefined)[]): number[] {
  return labels
    .map((label) => cweNumber(text(label, 'a weakness')))
    .filter((number) => number !== undefined)
}

function properties(value: JsonObject | undefined): JsonObject {
  const found = value?.properties
  return isObject(found) ? found : {}
}

function propertyTags(value: JsonObject | undefined): string[] {
  return texts(properties(value).tags, 'tags')
}

function newestHashes(value: Json | undefined): [string, { version: number; value: string }][] {
  const newest = new Map<string, { version: number; value: string }>()
  for (const [key, given] of Object.entries(isObject(value) ? value : {})) {
    const [, method = key, number = '0'] = /^(?:.*\/)?([^/]*)\/v?(\d+)$/.exec(key) ?? []
    const version = Number(number)
    const earlier = newest.get(method)
    if (earlier && earlier.version >= version) continue
    const hash = isObject(given) ? given.value : given
    newest.set(method, { version, value: typeof hash === 'string' ? hash : '' })
  }
  return [...newest]
}

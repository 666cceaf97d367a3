import { broken } from '../http/api-error.js'
import { type Field, issue, type Reading } from './fields.js'

const notJson = 'Invalid json list. A tag list submitted in string form must be valid json.'

/**
 * Tags as DefectDojo takes them: a list of texts, or a JSON list in a string. A comma inside one splits it; a space or a quote is
 * refused. Order of the result is alphabetical, repeats are dropped, and letters are lower-cased only where `lower` says so.
 */
export function readTags(value: unknown, lower: boolean): Reading {
  let list = value
  if (typeof value === 'string') {
    try {
      list = JSON.parse(value)
    } catch {
      return issue(notJson)
    }
  }
  if (!Array.isArray(list)) {
    return issue(`Expected a list of items but got type "${typeof value}".`, 'not_a_list')
  }
  const tags = new Set<string>()
  for (const item of list) {
    if (typeof item !== 'string')
      return issue('All list items must be of string type.', 'not_a_str')
    for (const part of item.split(',')) {
      const tag = part.trim()
      if (tag === '') continue
      if (/[\s'"]/.test(tag)) {
        return issue(`Invalid tag: '${tag}'. Tags should not contain spaces, commas, or quotes.`)
      }
      // The column holds 255 characters, and nobody checks before it is written.
      if (tag.length > 255) throw broken()
      tags.add(lower ? tag.toLowerCase() : tag)
    }
  }
  return { value: sortTags(tags) }
}

/** Alphabetical and without repeats, as every answer shows tags. */
export function sortTags(tags: Iterable<string>): string[] {
  return [...new Set(tags)].sort((a, b) => (a < b ? -1 : a > b ? 1 : 0))
}

/** The `tags` field of a resource; DefectDojo keeps capitals except where a finding is created. */
export const tagsField = (lower = false): Field => ({ read: (value) => readTags(value, lower) })

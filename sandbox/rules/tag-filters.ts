import type { Exchange } from '../http/exchange.js'
import type { Compiled, Filter } from './filters.js'

/**
 * `tag` looks for a part of any tag without regard to case; `tags` and `not_tags` lower-case what they are given and compare whole
 * tags, so a tag stored with a capital is never found by them; the `__and` forms compare as given; `has_tags` is a boolean.
 */
export function tagFilter<Row>(
  filter: Extract<Filter<Row>, { kind: 'tags' }>,
  value: string,
  x: Exchange,
): Compiled<Row> {
  const wanted = value.split(',').map((tag) => tag.trim())
  const lower = wanted.map((tag) => tag.toLowerCase())
  const matches = (tags: readonly string[]): boolean => {
    switch (filter.test) {
      case 'part':
        return tags.some((tag) => tag.toLowerCase().includes(value.toLowerCase()))
      case 'any':
        return lower.some((tag) => tags.includes(tag))
      case 'all':
        return wanted.every((tag) => tags.includes(tag))
      case 'present':
        return tags.length > 0
    }
  }
  if (filter.test === 'present') {
    const present = { true: true, True: true, false: false, False: false }[value]
    if (present === undefined) return undefined
    return (row) => matches(filter.of(row, x)) === present
  }
  return (row) => matches(filter.of(row, x)) !== (filter.not === true)
}

/** The seven tag parameters of a resource; with a prefix, those that look at a parent's tags. */
export function tagFilters<Row>(
  of: (row: Row, x: Exchange) => readonly string[],
): Record<string, Filter<Row>> {
  return {
    tag: { kind: 'tags', test: 'part', of },
    tags: { kind: 'tags', test: 'any', of },
    tags__and: { kind: 'tags', test: 'all', of },
    not_tag: { kind: 'tags', test: 'part', not: true, of },
    not_tags: { kind: 'tags', test: 'any', not: true, of },
    has_tags: { kind: 'tags', test: 'present', of },
  }
}

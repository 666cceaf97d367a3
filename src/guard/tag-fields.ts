import { invalid } from '../errors.js'
import type { Field } from './field.js'
import { refuseTooLong } from './field-kinds.js'
import { shown } from './python-repr.js'
import { tagRefusal } from './tag-rules.js'
import { refuseInstructions, refuseSecrets, type TextScreen } from './text-screens.js'

const maxTags = 100
const maxTagLength = 200
/** DefectDojo's own bound; tags that it holds may break the narrower rules for new ones. */
const maxStoredTagLength = 255

/** Per tag: length, secrets, tag rules, instructions, in the reference's order (behaviour spec §1.3/21). */
const newTagScreen: TextScreen = {
  round: 'tags',
  check(_field, value, onSoftSignal) {
    if (!Array.isArray(value)) return
    for (const tag of value as readonly string[]) {
      refuseTooLong('tag', tag, maxTagLength)
      refuseSecrets('tag', tag)
      const refusal = tagRefusal(tag)
      if (refusal !== null) throw invalid(refusal)
      refuseInstructions('tag', tag, onSoftSignal)
    }
  },
}

function bindTags(name: string, raw: unknown): string[] {
  if (!Array.isArray(raw)) throw invalid(`${name} must be a list of strings, got ${shown(raw)}`)
  if (raw.length > maxTags) {
    throw invalid(`${name} must have at most ${maxTags} entries (got ${raw.length})`)
  }
  return raw.map((tag: unknown) => {
    if (typeof tag !== 'string') throw invalid('tag must be a string')
    return tag
  })
}

function bindSomeTags(name: string, raw: unknown): string[] {
  const tags = bindTags(name, raw)
  if (tags.length === 0) throw invalid(`${name} must be a non-empty list`)
  return tags
}

const newTagItems = {
  type: 'string',
  minLength: 1,
  maxLength: maxTagLength,
  pattern: '^[A-Za-z0-9._:/+-]+$',
}

/** Tags to be stored; the list may be empty. */
export const newTags = (description: string): Field<string[]> => ({
  schema: { type: 'array', items: newTagItems, maxItems: maxTags, description },
  screens: [newTagScreen],
  bind: bindTags,
})

/** Tags to be stored, at least one. */
export const someNewTags = (description: string): Field<string[]> => ({
  schema: { type: 'array', items: newTagItems, minItems: 1, maxItems: maxTags, description },
  screens: [newTagScreen],
  bind: bindSomeTags,
})

function bindStoredTags(name: string, tags: readonly string[]): string[] {
  return tags.map((tag) => {
    if (/[\0\p{Cs}]/u.test(tag)) {
      throw invalid(`${name} must not contain NUL characters or unpaired surrogates`)
    }
    refuseTooLong('tag', tag, maxStoredTagLength)
    return tag
  })
}

const storedTagItems = { type: 'string', maxLength: maxStoredTagLength }

/** Tags to look for; the list may be empty. */
export const storedTags = (description: string): Field<string[]> => ({
  schema: { type: 'array', items: storedTagItems, maxItems: maxTags, description },
  bind: (name, raw) => bindStoredTags(name, bindTags(name, raw)),
})

/** Tags that something already carries, at least one. */
export const someStoredTags = (description: string): Field<string[]> => ({
  schema: { type: 'array', items: storedTagItems, minItems: 1, maxItems: maxTags, description },
  bind: (name, raw) => bindStoredTags(name, bindSomeTags(name, raw)),
})

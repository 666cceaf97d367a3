import { words } from '../completions/words.js'
import { severities } from '../dojo/records.js'
import { id, oneOf, optional, text } from '../guard/field-kinds.js'

// Arguments that several prompts take. Their bounds are those of the tools that get them.

/** A product, or none for all of them. */
export const anyProduct = optional(id('Only this product; all of them unless given.'))

/** A severity, or none for whatever `description` says. */
export const anySeverity = (description: string) => optional(oneOf(severities, description))

/** Suggests numbers of findings to ask for. */
export const pageSizes = words(['10', '20', '50', '100'])

/** Text that becomes part of what an agent is told. */
export const spokenText = (max: number, description: string) =>
  text(max, description, { notBlank: true, refuse: ['secrets', 'instructions'] })

/** The severities from Critical down to `lowest`. */
export const downTo = (lowest: (typeof severities)[number]) =>
  severities.slice(0, severities.indexOf(lowest) + 1)

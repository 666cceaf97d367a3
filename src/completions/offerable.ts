import { screenInstructions } from '../guard/instruction-screen.js'
import { findSecret } from '../guard/secret-catalogue.js'
import { textLength } from '../guard/text-length.js'
import { hidesSomething } from '../guard/unseen-characters.js'
import { toolNames } from '../tools/tool-names.js'

const maxNameLength = 200

/**
 * True when a name may be suggested. Names at DefectDojo come from outsiders, and a suggestion is bare text that nothing marks: one
 * that hides something, holds a credential or speaks to an agent is not offered. Whoever means it can still type it.
 */
export const isOfferable = (name: string): boolean =>
  name.trim() !== '' &&
  textLength(name) <= maxNameLength &&
  !hidesSomething(name) &&
  findSecret(name) === null &&
  screenInstructions(name, toolNames) === null

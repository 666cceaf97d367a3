import { integer, word } from '../variable.js'

const group = 'Limits'

/** How much callers may change (behaviour spec §4), and how text from outside is marked (§7.3). */
export const limitAndContentVariables = {
  MUTATION_RATE_LIMIT: integer({
    group,
    reference: true,
    default: 60,
    maximum: 1_000_000,
    description: 'Changes a caller may make within the window.',
  }),
  OPEN_ACCESS_MUTATION_RATE_LIMIT: integer({
    group,
    reference: true,
    default: 10,
    maximum: 1_000_000,
    description:
      'Changes all callers without a token may make together within the window, on a network transport.',
  }),
  MUTATION_RATE_WINDOW: integer({
    group,
    reference: true,
    default: 60,
    maximum: 604_800,
    description: 'Length of the window in seconds.',
  }),
  UNTRUSTED_CONTENT_WRAPPING: word(['on', 'page', 'off'], {
    group: 'Content',
    reference: true,
    lenient: true,
    emptyIsUnset: true,
    default: 'on',
    description:
      'Marks text that outsiders can write: `on` each field, `page` once per result, `off` not at all.',
  }),
}

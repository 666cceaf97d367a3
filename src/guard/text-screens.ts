import { ToolError } from '../errors.js'
import { toolNames } from '../tools/tool-names.js'
import { screenInstructions } from './instruction-screen.js'
import { findSecret, secretRefusal } from './secret-catalogue.js'

/** A text that names a tool without calling it: allowed, but worth a line in the audit trail. */
export interface SoftSignal {
  readonly field: string
  readonly matchedTool: string
}

/** All checks of one round run over all arguments before the next round begins: the reference's order of refusals. */
export const screenRounds = ['secrets', 'instructions', 'tags'] as const
export type ScreenRound = (typeof screenRounds)[number]

/** One content check of an argument. */
export interface TextScreen {
  readonly round: ScreenRound
  /** Throws a {@link ToolError} that names `field` and never echoes the text. */
  check(field: string, value: unknown, onSoftSignal: (signal: SoftSignal) => void): void
}

/** Refuses a text with a credential in it (behaviour spec §7.4). */
export function refuseSecrets(field: string, text: string): void {
  const secretClass = findSecret(text)
  if (secretClass !== null)
    throw new ToolError('content_refused', secretRefusal(field, secretClass))
}

/** Refuses a text that gives orders to the agent who will read it (behaviour spec §7.5). */
export function refuseInstructions(
  field: string,
  text: string,
  onSoftSignal: (signal: SoftSignal) => void,
): void {
  const result = screenInstructions(text, toolNames)
  if (result === null) return
  if ('refusal' in result) throw new ToolError('content_refused', `${field} ${result.refusal}`)
  onSoftSignal({ field, matchedTool: result.softSignal })
}

const secrets: TextScreen = {
  round: 'secrets',
  check: (field, value) => typeof value === 'string' && refuseSecrets(field, value),
}

const instructions: TextScreen = {
  round: 'instructions',
  check: (field, value, onSoftSignal) =>
    typeof value === 'string' && refuseInstructions(field, value, onSoftSignal),
}

/** What a text argument can be checked for. */
export const textScreens = { secrets, instructions } as const

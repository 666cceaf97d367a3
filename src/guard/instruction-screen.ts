import { hasAuthorityMarker } from './authority-markers.js'
import { asRead } from './look-alikes.js'
import { hasOverridePhrase } from './override-phrases.js'
import { type ToolPayloads, toolPayloads } from './tool-payloads.js'

/** `refusal` follows the field's name and never echoes the text; `softSignal` is a tool that is only mentioned. */
export type InstructionFinding = { readonly refusal: string } | { readonly softSignal: string }

const overridePhrase =
  'contains an instruction-override phrase ("ignore previous instructions"-style). Reword to describe the vulnerability without directing the reader to take actions.'
const authorityMarker =
  'contains an authority-spoofing marker ("SYSTEM:" or <system> tag). Vulnerability content must not impersonate system instructions.'
const functionCall =
  'contains MCP function-call syntax. Tool invocations are not permitted in stored vulnerability fields.'
const colonPayload =
  'contains a tool-name:argument-style payload. Stored fields must not encode tool invocations.'

const compiled = new WeakMap<readonly string[], ToolPayloads>()

function payloadsOf(toolNames: readonly string[]): ToolPayloads {
  const known = compiled.get(toolNames) ?? toolPayloads(toolNames)
  compiled.set(toolNames, known)
  return known
}

/**
 * What in a text addresses the agent who will read it (behaviour spec §7.5): an order to refuse it for, a tool worth a line in the
 * audit trail, or null. The first rule that applies wins. It detects; it does not prove a text harmless.
 *
 * @param toolNames the tools whose calls count; pass the same list each time, its checks are compiled once
 */
export function screenInstructions(
  text: string,
  toolNames: readonly string[],
): InstructionFinding | null {
  const read = asRead(text)
  if (hasOverridePhrase(read.toLowerCase())) return { refusal: overridePhrase }
  if (hasAuthorityMarker(read)) return { refusal: authorityMarker }

  const payloads = payloadsOf(toolNames)
  if (payloads.hasCall(read)) return { refusal: functionCall }
  if (payloads.hasColonPayload(read)) return { refusal: colonPayload }
  const softSignal = payloads.mention(read)
  return softSignal === null ? null : { softSignal }
}

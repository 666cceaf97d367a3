import { type Notice, securityWarning } from './notice.js'
import type { RoleBinding } from './role-binding.js'

/** Tokens shorter than this can be guessed by somebody patient. */
const shortTokenLength = 16

/** What else is known when the tokens are judged. */
export interface TokenContext {
  /** `MCP_MIN_TOKEN_LENGTH`. */
  readonly minimumLength: number | undefined
  readonly onNetwork: boolean
  /** Name and value of the DefectDojo keys that are set. */
  readonly dojoKeys: readonly { readonly name: string; readonly value: string }[]
  readonly auditKey: string | null
}

/** Refuses tokens that must not be used, and warns about weak ones; messages name the variable, never the token. */
export function judgeTokens(
  bindings: readonly RoleBinding[],
  { minimumLength, onNetwork, dojoKeys, auditKey }: TokenContext,
): { problems: string[]; notices: Notice[] } {
  const problems: string[] = []
  const notices: Notice[] = []
  for (const { variable, token } of bindings) {
    const length = [...token].length
    for (const key of dojoKeys) {
      // A client would then hold the key to DefectDojo itself, past every role and the audit trail.
      if (key.value === token)
        problems.push(`${variable} must not have the same token as ${key.name}`)
    }
    if (auditKey === token) {
      problems.push(`${variable} must not have the same token as the audit trail's HMAC key`)
    }
    if (minimumLength !== undefined && length < minimumLength) {
      problems.push(
        `${variable} must have a token of at least ${minimumLength} characters (MCP_MIN_TOKEN_LENGTH)`,
      )
    } else if (onNetwork && length < shortTokenLength) {
      notices.push(
        securityWarning(
          'CRITICAL',
          `${variable} has a token of fewer than ${shortTokenLength} characters — it can be guessed. Use 32 random characters.`,
          { variable },
        ),
      )
    }
  }
  return { problems, notices }
}

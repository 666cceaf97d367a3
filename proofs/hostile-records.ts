import type { AuditLog, AuditValue, Level } from '../src/audit/audit-log.js'
import { createAuditLog } from '../src/audit/create-audit-log.js'
import type { AuditLine } from '../src/audit/trail-sinks.js'
import { type Choices, choicesFrom } from './choices.js'

/** What breaks a format somewhere: framing, headers, structured data, escapes, templates, JSON, and our own records. */
const pieces = [
  ...[
    '"',
    '\\',
    '\\"',
    ']',
    '[',
    '[a@1 b="c"]',
    '\\]',
    "'",
    '{',
    '}',
    '%msg%',
    '%s',
    '$MSG',
    '#012',
  ],
  ...['\n', '\r\n', '\0', '\t', '\u0007', '\u001b[31m', '\u007f', '\u0085', '\u2028', '\ufeff'],
  ...['é', '漢字', '😀', '\ud800', '\udfff', '\u202e', 'ﬀ', ' ', '  ', 'plain words'],
  ...[
    '<134>1 ',
    '<0>',
    '\n<134>1 2026-01-02T03:04:05Z evil other 1 - - injected\n',
    '<134>Oct 11 ',
  ],
  ...['57 <134>1 ', '\n0 ', '2 syslog 4 evil\n', '3 close 0\n', 'BOM', '- - -', ' - '],
  ...['{"timestamp": "', '", "seq": 1, "', '{"audit_part": 1, "of": 1, "chain_id": "', '"}\n{"'],
]
const levels: readonly Level[] = ['DEBUG', 'INFO', 'WARNING', 'ERROR', 'CRITICAL']
const eventTypes = ['audit', 'security_warning', 'lifecycle', 'permission_denied', 'api_error', 'x']
/** One record in so many has texts of 20,000 characters in all, which no message holds. */
const longEvery = 12

function hostileText(choices: Choices, atLeast: number): string {
  let text = ''
  while (text.length < atLeast) text += choices.pick(pieces)
  return text
}

function hostileValue(choices: Choices, depth = 0): AuditValue {
  const kind = choices.below(depth < 3 ? 9 : 6)
  if (kind === 0) return null
  if (kind === 1) return choices.pick([true, false, 0, -1, 1e21, 1.5e-9, 2 ** 53, 0.1 + 0.2])
  if (kind < 6) return hostileText(choices, choices.below(120))
  const length = choices.below(4)
  if (kind < 8) return Array.from({ length }, () => hostileValue(choices, depth + 1))
  return Object.fromEntries(
    Array.from({ length }, () => [hostileText(choices, 3), hostileValue(choices, depth + 1)]),
  )
}

/** Nothing, texts that no message holds, or texts that bring a record to about the length that one holds. */
function longTexts(choices: Choices, kind: number): Record<string, string> {
  if (kind === 0) {
    const names = ['one', 'two', 'three', 'four', 'five']
    return Object.fromEntries(names.map((name) => [name, hostileText(choices, 4_000)]))
  }
  if (kind !== 1) return {}
  return { one: 'a'.repeat(4_000), two: 'b'.repeat(2_400 + choices.below(1_200)) }
}

async function writeRecord(audit: AuditLog, choices: Choices, kind: number): Promise<void> {
  const texts = longTexts(choices, kind)
  if (choices.below(3) > 0) {
    audit.event(choices.pick(levels), hostileText(choices, choices.below(60)), {
      event_type: choices.pick(eventTypes),
      hostile: hostileValue(choices),
      [hostileText(choices, 5)]: hostileValue(choices),
      ...texts,
    })
    return
  }
  const call = {
    toolName: hostileText(choices, 5),
    identity: {
      requestId: hostileText(choices, 5),
      callerId: hostileText(choices, 20),
      clientRequestId: hostileText(choices, 5),
      authenticatedCallerId: 'admin',
      callerRole: 'admin',
      transport: 'streamable-http',
      clientAddress: '127.0.0.1',
      sessionId: null,
    },
    requestParams: { hostile: hostileValue(choices) },
  } as const
  const outcome = choices.pick(['success', 'invalid', 'upstream_error', 'error'] as const)
  const error = hostileText(choices, choices.below(200))
  await audit.outcome(call, { outcome, durationMs: choices.next() * 1e4, error, details: texts })
}

/**
 * Writes a trail of `count` records whose fields say whatever a caller might, and those that a trail has of itself;
 * returns what forwarders get of it.
 */
export async function writeHostileTrail(
  file: string,
  key: string,
  count: number,
  random: () => number,
): Promise<AuditLine[]> {
  const choices = choicesFrom(random)
  const lines: AuditLine[] = []
  const audit = await createAuditLog({
    key,
    file,
    failureMode: 'closed',
    secrets: [],
    stderr: () => {},
  })
  audit.onLine((line) => lines.push(line))
  for (let written = 0; written < count; written++) {
    await writeRecord(audit, choices, written % longEvery)
    if (written % 50 === 0) await new Promise(setImmediate)
  }
  await audit.close('lifespan_exit')
  return lines
}

import { ToolError } from '../errors.js'
import type { BudgetDecision } from './mutation-budget.js'

/** What a caller is told whose budget is used up, in words that clients and SIEM rules match (behaviour spec §4). */
export function rateLimitRefusal(decision: BudgetDecision & { allowed: false }): ToolError {
  const { limit, windowSeconds, retryAfterSeconds } = decision
  return new ToolError(
    'rate_limited',
    `Rate limit exceeded: ${limit} mutations per ${windowSeconds}s. Retry-After: ${retryAfterSeconds}s.`,
    { retryAfterSeconds },
  )
}

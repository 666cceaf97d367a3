import type { BudgetDecision } from '../limits/mutation-budget.js'
import type { ToolContext } from '../tools/define-tool.js'

/** Share of a budget that may be used without a word. */
const quietShare = 0.8

/** Tells a client that changes something when little of its caller's budget is left, before it runs into the refusal. */
export function warnOfBudget(
  { limit, remaining, windowSeconds }: BudgetDecision & { allowed: true },
  log: ToolContext['log'],
): void {
  if (limit - remaining < quietShare * limit) return
  log('warning', 'The budget for changes is nearly used up', {
    remaining,
    limit,
    window_seconds: windowSeconds,
  })
}

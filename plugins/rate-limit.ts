import type { FastifyInstance } from 'fastify'
import fp from 'fastify-plugin'
import type { Caller } from '../src/access/caller.js'
import type { CallIdentity } from '../src/audit/audit-log.js'
import type { MutationBudget } from '../src/limits/mutation-budget.js'
import { createSlidingWindow } from '../src/limits/sliding-window.js'

declare module 'fastify' {
  interface FastifyInstance {
    /** The mutation budget a caller draws from. */
    budgetFor(caller: Caller, transport: CallIdentity['transport']): MutationBudget
  }
}

export default fp(
  async (app: FastifyInstance) => {
    const window = (limit: number): MutationBudget =>
      createSlidingWindow({
        limit,
        windowSeconds: app.config.MUTATION_RATE_WINDOW,
        now: () => performance.now(),
      })
    const perCaller = window(app.config.MUTATION_RATE_LIMIT)
    const openAccess = window(app.config.OPEN_ACCESS_MUTATION_RATE_LIMIT)

    // Over stdio there is one user, who owns the process: the small bucket is for strangers on a network without auth.
    app.decorate('budgetFor', (caller: Caller, transport: CallIdentity['transport']) =>
      caller.authenticated || transport === 'stdio' ? perCaller : openAccess,
    )
  },
  { name: 'rate-limit', dependencies: ['config'], fastify: '5.x' },
)

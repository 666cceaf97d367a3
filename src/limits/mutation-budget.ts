/** One mutation held back from a caller's budget until it is known whether anything was written. */
export interface Reservation {
  /** The mutation was sent: it counts. Calling it again changes nothing. */
  commit(): void
  /** Nothing was sent: it does not count. Without effect after `commit`. */
  release(): void
}

export type BudgetDecision =
  | {
      readonly allowed: true
      readonly reservation: Reservation
      readonly limit: number
      readonly windowSeconds: number
      /** Mutations that would be accepted right after this one. */
      readonly remaining: number
    }
  | {
      readonly allowed: false
      readonly limit: number
      readonly windowSeconds: number
      /** Whole seconds, at least 1, after which a mutation is accepted again. */
      readonly retryAfterSeconds: number
    }

/** How many mutations a caller may make. Asynchronous so that replicas can share one. */
export interface MutationBudget {
  /** Takes one mutation out of the budget of `key`, or says when to come back. */
  reserve(key: string): Promise<BudgetDecision>
}

/** Which findings a session or caller has read: what the audit trail shows beside each mutation. */
export interface FindingsRead {
  /** Remembers that `reader` has seen these findings now. */
  record(reader: string, findingIds: readonly number[]): void
  /** The distinct ids read within the last 24 h, ascending, the 1,000 newest, and how many there were in all. */
  snapshot(reader: string): { readonly ids: readonly number[]; readonly count: number }
  /** Drops what is known of a reader whose session has ended. */
  forget(reader: string): void
}

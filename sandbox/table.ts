/** The rows of one resource by id. Rows are changed in place; iteration is by age, which is by id. */
export interface Table<Row extends { id: number }> {
  get(id: number | null | undefined): Row | undefined
  all(): Row[]
  /** Keeps the object itself as the row, and gives it the next id unless it brings one along. */
  insert(row: Omit<Row, 'id'> & { id?: number }): Row
  delete(id: number): boolean
  size(): number
  /** Ids that were given away and deleted before the sandbox started: the next row gets at least this one. */
  startAt(nextId: number): void
}

/** An empty table; the first id is 1. */
export function createTable<Row extends { id: number }>(): Table<Row> {
  const rows = new Map<number, Row>()
  let nextId = 1
  return {
    get: (id) => (id === null || id === undefined ? undefined : rows.get(id)),
    all: () => [...rows.values()],
    insert(values) {
      const row = values as Row
      row.id = values.id || nextId
      nextId = Math.max(nextId, row.id + 1)
      rows.set(row.id, row)
      return row
    },
    delete: (id) => rows.delete(id),
    size: () => rows.size,
    startAt(id) {
      nextId = Math.max(nextId, id)
    },
  }
}

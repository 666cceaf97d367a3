/** Where and how an answer differs from the recorded one. `value` differences do not count: ids, dates, counts of other rows. */
export interface Difference {
  kind: 'status' | 'header' | 'key' | 'type' | 'length' | 'value'
  /** `results[0].tags`, empty for the whole. */
  path: string
  recorded: string
  answered: string
}

interface Response {
  status: number
  headers: Readonly<Record<string, string>>
  json?: unknown
}

/** Compares status, recorded headers, keys and JSON types all the way down, and the values beside them. */
export function differences(recorded: Response, answered: Response): Difference[] {
  const found: Difference[] = []
  if (recorded.status !== answered.status) {
    found.push(difference('status', '', recorded.status, answered.status))
  }
  for (const [name, value] of Object.entries(recorded.headers)) {
    const given = answered.headers[name.toLowerCase()]
    if (given !== value) found.push(difference('header', name, value, given))
  }
  compare(recorded.json, answered.json, '', found)
  return found
}

function compare(recorded: unknown, answered: unknown, path: string, found: Difference[]): void {
  const [wanted, given] = [typeOf(recorded), typeOf(answered)]
  if (wanted !== given) {
    found.push(difference('type', path, wanted, given))
  } else if (Array.isArray(recorded) && Array.isArray(answered)) {
    compareLists(recorded, answered, path, found)
  } else if (isObject(recorded) && isObject(answered)) {
    for (const key of new Set([...Object.keys(recorded), ...Object.keys(answered)])) {
      const inner = path === '' ? key : `${path}.${key}`
      if (!(key in answered)) found.push(difference('key', inner, 'present', 'missing'))
      else if (!(key in recorded)) found.push(difference('key', inner, 'absent', 'present'))
      else compare(recorded[key], answered[key], inner, found)
    }
  } else if (recorded !== answered) {
    found.push(difference('value', path, recorded, answered))
  }
}

function compareLists(
  recorded: readonly unknown[],
  answered: readonly unknown[],
  path: string,
  found: Difference[],
): void {
  if (recorded.length !== answered.length) {
    found.push(difference('length', path, recorded.length, answered.length))
  }
  const shared = Math.min(recorded.length, answered.length)
  for (let index = 0; index < shared; index += 1) {
    compare(recorded[index], answered[index], `${path}[${index}]`, found)
  }
}

function typeOf(value: unknown): string {
  if (value === null) return 'null'
  return Array.isArray(value) ? 'array' : typeof value
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null
}

function difference(
  kind: Difference['kind'],
  path: string,
  recorded: unknown,
  answered: unknown,
): Difference {
  const shown = (value: unknown) => (JSON.stringify(value) ?? 'undefined').slice(0, 120)
  return { kind, path, recorded: shown(recorded), answered: shown(answered) }
}

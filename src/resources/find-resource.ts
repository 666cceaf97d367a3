import type { Resource } from './define-resource.js'

/** What an address names: a resource, and the arguments that stand in the address. */
export interface FoundResource {
  readonly name: string
  readonly arguments: Readonly<Record<string, string>>
}

/** Finds the resource of an address. One that there is none of, or that could be read in two ways, gets a name that nothing has. */
export type FindResource = (uri: string) => FoundResource

/** No address of ours is longer. */
const maxAddressLength = 512

/** What may stand for a variable: no other spelling of a number, nothing that would have to be decoded. */
const valueText = '(?!0[0-9])[0-9A-Za-z_-]+'
const value = new RegExp(`^${valueText}$`)

interface Pattern {
  readonly name: string
  readonly path: RegExp
  readonly variables: readonly string[]
  readonly parameters: readonly string[]
}

/** Compiles the addresses of `resources` once. */
export function createFindResource(resources: readonly Resource[]): FindResource {
  const patterns = resources.map(compile)
  const names = new Set(resources.map(({ name }) => name))

  function find(uri: string): FoundResource | undefined {
    if (uri.length > maxAddressLength) return undefined
    const [path = '', query, ...rest] = uri.split('?')
    if (rest.length > 0) return undefined
    for (const pattern of patterns) {
      const values = pattern.path.exec(path)?.slice(1)
      const parameters = values && readQuery(query, pattern.parameters)
      if (!parameters) continue
      const segments = pattern.variables.map((name, index) => [name, values[index] ?? ''] as const)
      return { name: pattern.name, arguments: { ...Object.fromEntries(segments), ...parameters } }
    }
    return undefined
  }

  // An address that is not found is recorded as it came, unless it would then be found by its name.
  return (uri) => find(uri) ?? { name: names.has(uri) ? '' : uri, arguments: {} }
}

function compile({ name, uri }: Resource): Pattern {
  const [path = '', parameters] = uri.split('{?')
  const variables = [...path.matchAll(/\{(\w+)\}/g)].map(([, variable]) => variable ?? '')
  return {
    name,
    path: new RegExp(`^${path.replaceAll(/\{\w+\}/g, `(${valueText})`)}$`),
    variables,
    parameters: parameters === undefined ? [] : parameters.slice(0, -1).split(','),
  }
}

/** Parameters that the template knows, each once; undefined for anything else. */
function readQuery(
  query: string | undefined,
  known: readonly string[],
): Record<string, string> | undefined {
  const given: Record<string, string> = {}
  if (query === undefined) return given
  for (const pair of query.split('&')) {
    const [name = '', text = '', ...rest] = pair.split('=')
    if (!known.includes(name) || name in given || rest.length > 0 || !value.test(text)) {
      return undefined
    }
    given[name] = text
  }
  return given
}

import type { Handler, Method, Route } from './exchange.js'

/** What a path leads to: the route and the texts of its variable parts. */
export interface Match {
  route: Route
  params: string[]
}

export interface Router {
  /** The route of a path below `/api/v2/`, given without slashes at the ends. */
  find(path: string): Match | undefined
}

/** Variable parts hold anything but slashes and dots, as the framework's routes do. */
export function createRouter(routes: readonly Route[]): Router {
  const byHead = new Map<string, { route: Route; parts: string[] }[]>()
  for (const route of routes) {
    const parts = route.path.split('/')
    const head = parts[0] ?? ''
    byHead.set(head, [...(byHead.get(head) ?? []), { route, parts }])
  }
  return {
    find(path) {
      const given = path.split('/')
      for (const { route, parts } of byHead.get(given[0] ?? '') ?? []) {
        const params = fit(parts, given)
        if (params) return { route, params }
      }
      return undefined
    },
  }
}

function fit(parts: readonly string[], given: readonly string[]): string[] | undefined {
  if (parts.length !== given.length) return undefined
  const params: string[] = []
  for (const [index, part] of parts.entries()) {
    const text = given[index] ?? ''
    if (!part.startsWith(':')) {
      if (part !== text) return undefined
    } else {
      if (text === '' || text.includes('.')) return undefined
      params.push(text)
    }
  }
  return params
}

const order: readonly Method[] = ['GET', 'POST', 'PUT', 'PATCH', 'DELETE']

/** The `Allow` header of a route; HEAD comes with GET, OPTIONS always. */
export function allowed(route: Route): string {
  const methods = order.filter((method) => route.methods[method])
  return [...methods, ...(route.methods.GET ? ['HEAD'] : []), 'OPTIONS'].join(', ')
}

/** What answers the method, or nothing: 405. */
export function handlerFor(route: Route, method: string): Handler | undefined {
  return route.methods[(method === 'HEAD' ? 'GET' : method) as Method]
}

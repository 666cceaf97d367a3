import { routesOf } from '../sandbox/routes.js'
import { startSandbox } from '../sandbox/server.js'
import type { ResponseSchemas } from './response-schemas.js'

/** A read that succeeded, and what the document holds against its answer. */
export interface Surveyed {
  path: string
  complaints: string[]
}

/** Reads every path of the sandbox's demo organisation, lists and single objects, and holds the answers against the document. */
export async function survey(schemas: ResponseSchemas): Promise<Surveyed[]> {
  const sandbox = await startSandbox({ seed: 'demo' })
  const results: Surveyed[] = []
  const firstIds = new Map<string, number>()
  const variants: Readonly<Record<string, string>> = {
    findings: '?limit=400&prefetch=test,reporter,found_by&related_fields=true',
    tests: '?limit=400&o=created&prefetch=engagement,test_type,environment',
    products: '?limit=400&prefetch=prod_type',
  }
  for (const route of routesOf('3.2.0')) {
    if (!route.methods.GET || route.path === '') continue
    const head = route.path.split('/')[0] ?? ''
    const id = firstIds.get(head)
    if (route.path.includes(':') && id === undefined) continue
    const path = `/api/v2/${route.path.replace(/:\w+/, String(id))}/`
    const response = await fetch(sandbox.url + path + (variants[route.path] ?? ''), {
      headers: { authorization: `Token ${sandbox.apiKey}` },
    })
    const body = (await response.json()) as { results?: { id?: number }[] }
    const first = body.results?.[0]?.id
    if (first !== undefined) firstIds.set(head, first)
    const complaints = schemas.check('GET', path, response.status, body)
    if (complaints !== undefined) results.push({ path, complaints })
  }
  await sandbox.close()
  return results
}

import { until } from '../audited-server.js'
import type { HoldingDojo } from '../clients/holding-dojo.js'
import { reportFor } from '../clients/import-report.js'
import { soon } from '../clients/soon.js'
import { type Event, eventsOf, type RawMcp } from './raw-mcp.js'

/** What becomes of the progress of one call: `sent 1` when it leaves the service, `received 1` when it is with the client. */
export type Sightings = Map<string, string[]>

const progressIn = (message: Event['data']): { token: string; progress: number } | null => {
  const { progressToken, progress } = (message?.params ?? {}) as Record<string, unknown>
  return message?.method === 'notifications/progress'
    ? { token: String(progressToken), progress: Number(progress) }
    : null
}

/** Writes down what of progress passes by on its way to a proxy. */
export const watchFor =
  (sightings: Sightings) =>
  (bytes: Buffer): void => {
    for (const [, data = ''] of bytes.toString('utf8').matchAll(/^data: (\{.*\})$/gm)) {
      const seen = progressIn(JSON.parse(data) as Event['data'])
      if (seen) sightings.get(seen.token)?.push(`sent ${seen.progress}`)
    }
  }

/**
 * The order in which the progress of an import left the service and came to the client. DefectDojo answers only after two in a row were
 * with the client before the next left, which no proxy that keeps something back lets happen.
 */
export async function orderOfProgress(
  mcp: RawMcp,
  dojo: HoldingDojo,
  sightings: Sightings,
  name: string,
): Promise<readonly string[]> {
  const seen: string[] = []
  sightings.set(name, seen)
  const held = dojo.hold(name)
  async function follow(): Promise<void> {
    const answer = await mcp.post('tools/call', importOf(name))
    for await (const { data } of eventsOf(answer)) {
      const progress = progressIn(data)
      if (progress) sightings.get(name)?.push(`received ${progress.progress}`)
      if (!endsInTurns(seen)) continue
      // What comes with the answer comes at once.
      sightings.delete(name)
      held.release()
    }
  }
  try {
    await soon('two progress notifications in turns', follow())
  } catch (error) {
    seen.push(String(error))
  } finally {
    held.release()
  }
  return seen
}

/** Whether the latest two were each received before anything else was sent. */
export function endsInTurns(seen: readonly string[]): boolean {
  const latest = seen.slice(-4)
  const [first, second] = [latest[0]?.split(' ')[1], latest[2]?.split(' ')[1]]
  const wanted = [`sent ${first}`, `received ${first}`, `sent ${second}`, `received ${second}`]
  return first !== undefined && latest.join() === wanted.join()
}

/** The longest silence of a stream that has nothing to say, in ms, from the request until `wanted` comments have come. */
export async function longestSilence(opening: Promise<Response>, wanted: number): Promise<number> {
  let comments = 0
  let longest = 0
  let last = performance.now()
  for await (const { comment } of eventsOf(await opening)) {
    longest = Math.max(longest, performance.now() - last)
    last = performance.now()
    if (/keep-?alive/.test(comment ?? '')) comments += 1
    if (comments >= wanted) return longest
  }
  throw new Error(`the stream ended after ${comments} of ${wanted} comments`)
}

/** Loses the connection of a call in the middle, and fetches what came meanwhile. */
export async function resumed(
  mcp: RawMcp,
  dojo: HoldingDojo,
  name: string,
): Promise<{ readonly before: readonly Event[]; readonly after: readonly Event[] }> {
  const held = dojo.hold(name)
  const cut = new AbortController()
  const before: Event[] = []
  const answer = await mcp.post('tools/call', importOf(name), { signal: cut.signal })
  for await (const event of eventsOf(answer)) {
    if (event.comment !== null) continue
    before.push(event)
    if (progressIn(event.data)) break
  }
  cut.abort()
  held.release()
  const last = before.at(-1)?.id
  if (!last) throw new Error('its events have no ids')

  let again = await mcp.listen({ after: last })
  // As long as the service has not heard that the connection is gone, it is in use.
  await until('the stream can be resumed', async () => {
    if (again.status !== 409) return true
    await again.arrayBuffer()
    again = await mcp.listen({ after: last })
    return false
  })
  if (!again.ok) throw new Error(`${again.status} ${await again.text()}`)
  const after: Event[] = []
  for await (const event of eventsOf(again)) {
    if (event.data === null) continue
    after.push(event)
    if (event.data.result !== undefined) break
  }
  return { before, after }
}

export const importOf = (name: string) => ({
  name: 'import_scan',
  arguments: reportFor(name),
  _meta: { progressToken: name },
})

import type { AuditValue } from './audit-log.js'

/** More names than there are tools: what clients make up must not fill the memory. */
const maxNames = 200

export interface SessionSummary {
  count(toolName: string, failed: boolean): void
  /** `session_summary` of the record that ends a run (behaviour spec §5.5). */
  fields(now: Date): { readonly [name: string]: AuditValue }
}

/** Counts what the process did from `startedAt` on. */
export function createSessionSummary(startedAt: Date): SessionSummary {
  const requestsByTool = new Map<string, number>()
  let totalRequests = 0
  let errorCount = 0

  return {
    count(toolName, failed) {
      const name =
        requestsByTool.has(toolName) || requestsByTool.size < maxNames ? toolName : 'other'
      requestsByTool.set(name, (requestsByTool.get(name) ?? 0) + 1)
      totalRequests++
      if (failed) errorCount++
    },

    fields: (now) => ({
      total_requests: totalRequests,
      requests_by_tool: Object.fromEntries(requestsByTool),
      error_count: errorCount,
      uptime_seconds: Math.round((now.getTime() - startedAt.getTime()) / 10) / 100,
    }),
  }
}

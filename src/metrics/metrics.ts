import { Counter, collectDefaultMetrics, Gauge, Histogram, Registry } from 'prom-client'
import { eventTypes } from '../audit/records.js'
import type { Outcome } from '../errors.js'
import { version } from '../version.js'

/** How one receiver of the audit trail keeps up. */
export interface ForwardingObserved {
  /** Its address without secrets, as it is configured. */
  readonly destination: string
  readonly waitingRecords: number
  /** Age of the oldest record it has not got; 0 if it has all. */
  readonly lagSeconds: number
  readonly delivered: number
  readonly retries: number
  readonly deadLetters: number
  readonly dropped: number
  readonly breakerOpen: boolean
}

/** What a scrape finds out only when it asks. */
export interface Observed {
  /** False while the audit trail cannot be written. */
  auditWritable(): boolean
  /** Open sessions of each transport that has them. */
  sessions(): { readonly streamableHttp: number; readonly sse: number }
  forwarding(): readonly ForwardingObserved[]
}

/** One request to DefectDojo, successful or not. */
export interface UpstreamRequest {
  readonly method: string
  /** First segment of the path, from a closed set. */
  readonly resource: string
  /** HTTP status, or null when there was no whole answer. */
  readonly status: number | null
  readonly durationMs: number
}

/** Every metric of the service. Labels only ever take values from closed sets, so hostile input makes no new series. */
export interface Metrics {
  /** `tool` must be the name of a registered tool or `unknown`. */
  toolCall(tool: string, outcome: Outcome, durationMs: number): void
  upstream(request: UpstreamRequest): void
  /** A mutation was taken from a budget, given back, or refused. */
  mutation(
    bucket: 'authenticated' | 'open_access',
    result: 'allowed' | 'released' | 'refused',
  ): void
  /** A request without a valid token was turned away. */
  authFailure(): void
  auditRecord(eventType: string): void
  /** `route` is the route's pattern, never the address that was asked for. */
  httpRequest(route: string, method: string, status: number): void
  observe(observed: Observed): void
  /** Prometheus text exposition format 0.0.4. */
  text(): Promise<string>
  readonly contentType: string
}

const seconds = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 300, 600]

const auditEventTypes: ReadonlySet<string> = new Set([
  ...Object.values(eventTypes),
  'note_attach_failure',
  'prompt_injection_soft_signal',
])

/** Gauges of prom-client that are named like counters, which `promtool check metrics` objects to. */
const misnamed = [
  'nodejs_active_handles_total',
  'nodejs_active_requests_total',
  'nodejs_active_resources_total',
]

/** Of each receiver; the counters count since the start. */
const forwardingMetrics: readonly {
  readonly Kind: typeof Gauge | typeof Counter
  readonly name: string
  readonly help: string
  readonly value: (observed: ForwardingObserved) => number
}[] = [
  {
    Kind: Gauge,
    name: 'lag_records',
    help: 'Audit records that a receiver has not confirmed yet.',
    value: ({ waitingRecords }) => waitingRecords,
  },
  {
    Kind: Gauge,
    name: 'lag_seconds',
    help: 'Age of the oldest audit record that a receiver has not confirmed yet; 0 if it has all.',
    value: ({ lagSeconds }) => lagSeconds,
  },
  {
    Kind: Counter,
    name: 'delivered_total',
    help: 'Audit records that a receiver has confirmed.',
    value: ({ delivered }) => delivered,
  },
  {
    Kind: Counter,
    name: 'retries_total',
    help: 'Attempts that did not deliver a batch as a whole.',
    value: ({ retries }) => retries,
  },
  {
    Kind: Counter,
    name: 'dead_letters_total',
    help: 'Audit records that a receiver refused for good; they were put aside.',
    value: ({ deadLetters }) => deadLetters,
  },
  {
    Kind: Counter,
    name: 'dropped_total',
    help: 'Audit records that a receiver will not get: the limit of the spool, or gone from the file.',
    value: ({ dropped }) => dropped,
  },
  {
    Kind: Gauge,
    name: 'breaker_open',
    help: '1 while a receiver fails repeatedly and attempts are spaced, else 0.',
    value: ({ breakerOpen }) => (breakerOpen ? 1 : 0),
  },
]

const statusClass = (status: number | null): string =>
  status === null ? 'none' : `${Math.floor(status / 100)}xx`

/** Metrics in a registry of their own, so that two services in one process do not mix. */
export function createMetrics(): Metrics {
  const register = new Registry()
  const registers = [register]
  collectDefaultMetrics({ register })
  for (const name of misnamed) register.removeSingleMetric(name)

  const toolCalls = new Counter({
    name: 'mcp_defectdojo_tool_calls_total',
    help: 'Tool calls by tool and outcome.',
    labelNames: ['tool', 'outcome'] as const,
    registers,
  })
  const toolSeconds = new Histogram({
    name: 'mcp_defectdojo_tool_call_duration_seconds',
    help: 'Time from the arrival of a tool call to its answer.',
    labelNames: ['tool'] as const,
    buckets: seconds,
    registers,
  })
  const upstreamRequests = new Counter({
    name: 'mcp_defectdojo_upstream_requests_total',
    help: 'Requests to DefectDojo by method, resource and status class; none means no answer.',
    labelNames: ['method', 'resource', 'status'] as const,
    registers,
  })
  const upstreamSeconds = new Histogram({
    name: 'mcp_defectdojo_upstream_request_duration_seconds',
    help: 'Time DefectDojo took to answer.',
    labelNames: ['method'] as const,
    buckets: seconds,
    registers,
  })
  const mutations = new Counter({
    name: 'mcp_defectdojo_mutation_budget_total',
    help: 'Mutations taken from a budget, given back because nothing was sent, or refused.',
    labelNames: ['bucket', 'result'] as const,
    registers,
  })
  const authFailures = new Counter({
    name: 'mcp_defectdojo_auth_failures_total',
    help: 'Requests turned away with 401.',
    registers,
  })
  const auditRecords = new Counter({
    name: 'mcp_defectdojo_audit_records_total',
    help: 'Records written to the audit trail by event type.',
    labelNames: ['event_type'] as const,
    registers,
  })
  const httpRequests = new Counter({
    name: 'mcp_defectdojo_http_requests_total',
    help: 'HTTP requests by route, method and status.',
    labelNames: ['route', 'method', 'status'] as const,
    registers,
  })
  let observed: Observed = {
    auditWritable: () => true,
    sessions: () => ({ streamableHttp: 0, sse: 0 }),
    forwarding: () => [],
  }
  new Gauge({
    name: 'mcp_defectdojo_audit_writable',
    help: '1 while the audit trail can be written, else 0.',
    registers,
    collect() {
      this.set(observed.auditWritable() ? 1 : 0)
    },
  })
  new Gauge({
    name: 'mcp_defectdojo_sessions',
    help: 'Open client sessions by transport.',
    labelNames: ['transport'] as const,
    registers,
    collect() {
      const { streamableHttp, sse } = observed.sessions()
      this.set({ transport: 'streamable-http' }, streamableHttp)
      this.set({ transport: 'sse' }, sse)
    },
  })
  for (const { Kind, name, help, value } of forwardingMetrics) {
    new Kind({
      name: `mcp_defectdojo_audit_forward_${name}`,
      help,
      labelNames: ['destination'] as const,
      registers,
      collect() {
        this.reset()
        for (const each of observed.forwarding()) {
          this.inc({ destination: each.destination }, value(each))
        }
      },
    })
  }
  new Gauge({
    name: 'mcp_defectdojo_build_info',
    help: 'Always 1; the label tells the version.',
    labelNames: ['version'] as const,
    registers,
  }).set({ version }, 1)

  return {
    toolCall(tool, outcome, durationMs) {
      toolCalls.inc({ tool, outcome })
      toolSeconds.observe({ tool }, durationMs / 1000)
    },
    upstream({ method, resource, status, durationMs }) {
      upstreamRequests.inc({ method, resource, status: statusClass(status) })
      upstreamSeconds.observe({ method }, durationMs / 1000)
    },
    mutation: (bucket, result) => mutations.inc({ bucket, result }),
    authFailure: () => authFailures.inc(),
    auditRecord: (eventType) =>
      auditRecords.inc({ event_type: auditEventTypes.has(eventType) ? eventType : 'other' }),
    httpRequest: (route, method, status) =>
      httpRequests.inc({ route, method, status: String(status) }),
    observe(next) {
      observed = next
    },
    text: () => register.metrics(),
    contentType: register.contentType,
  }
}

import type { HttpsFormatName } from './format.js'

interface Product {
  readonly format: HttpsFormatName
  readonly name: string
  /** How a path ends that is this product's; a proxy may have put something before it. */
  readonly ends: RegExp
  /** For the reader of a problem. */
  readonly usualPath: string
}

const products: readonly Product[] = [
  {
    format: 'splunk_hec',
    name: 'a Splunk HTTP Event Collector',
    ends: /\/services\/collector(\/event(\/1\.0)?)?$/,
    usualPath: '/services/collector/event',
  },
  {
    format: 'elastic_bulk',
    name: 'an Elasticsearch or OpenSearch bulk interface',
    ends: /\/_bulk$/,
    usualPath: '/_bulk or /<index>/_bulk',
  },
  {
    format: 'datadog',
    name: 'a Datadog log intake',
    ends: /\/api\/v2\/logs$/,
    usualPath: '/api/v2/logs',
  },
  {
    format: 'loki',
    name: 'a Grafana Loki push interface',
    ends: /\/loki\/api\/v1\/push$/,
    usualPath: '/loki/api/v1/push',
  },
  {
    format: 'otlp',
    name: 'an OpenTelemetry log receiver',
    // `/api/v1/logs` is what anybody may call their own.
    ends: /(?<!\/api)\/v1\/logs$/,
    usualPath: '/v1/logs',
  },
]

/**
 * Why an address cannot be meant with this format, or null. The address itself is not in the text: it may hold a secret.
 * Only what is plainly wrong is refused, since anybody may put any path before their own receiver.
 */
export function formatProblem(url: URL, format: HttpsFormatName): string | null {
  const path = url.pathname.replace(/\/+$/, '')
  if (/\/services\/collector\/raw(\/1\.0)?$/.test(path)) {
    return 'AUDIT_LOG_HTTPS_URL is the raw address of a Splunk HTTP Event Collector, which takes a batch for one event; use /services/collector/event with AUDIT_LOG_HTTPS_FORMAT=splunk_hec'
  }
  const meant = products.find(({ ends }) => ends.test(path))
  if (meant && meant.format !== format) {
    return `AUDIT_LOG_HTTPS_URL is the address of ${meant.name}; set AUDIT_LOG_HTTPS_FORMAT=${meant.format}`
  }
  const configured = products.find((product) => product.format === format)
  if (configured && path === '') {
    return `AUDIT_LOG_HTTPS_URL has no path; for AUDIT_LOG_HTTPS_FORMAT=${format} it is usually ${configured.usualPath}`
  }
  return null
}

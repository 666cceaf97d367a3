import { datadog } from './datadog.js'
import { elasticBulk } from './elastic-bulk.js'
import type { HttpsFormat, HttpsFormatName } from './format.js'
import { jsonArray } from './json-array.js'
import { loki } from './loki.js'
import { ndjson } from './ndjson.js'
import { otlp } from './otlp.js'
import { splunkHec } from './splunk-hec.js'

/** Every format by its name. */
export const httpsFormats: Readonly<Record<HttpsFormatName, HttpsFormat>> = {
  json_array: jsonArray,
  ndjson,
  splunk_hec: splunkHec,
  elastic_bulk: elasticBulk,
  datadog,
  loki,
  otlp,
}

/** Their names, in the order of the documentation. */
export const httpsFormatNames = Object.keys(httpsFormats) as readonly HttpsFormatName[]

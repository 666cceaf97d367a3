import { createServer, type RequestListener } from 'node:http'
import type { Test } from 'tap'
import { usualPath, usualToken } from '../../proofs/strict-receivers.js'
import type { Destination } from '../../src/forward/destination.js'
import type { HttpsFormatName } from '../../src/forward/https/format.js'
import {
  createHttpsDestination,
  type HttpsDestinationOptions,
} from '../../src/forward/https/https-destination.js'
import { listen } from './loopback.js'

/** A destination that ends with the test. */
export function httpsDestination(
  t: Test,
  url: string | URL,
  changes: Partial<HttpsDestinationOptions> = {},
): Destination {
  const created = createHttpsDestination({
    url: new URL(url),
    format: 'json_array',
    token: usualToken,
    tenant: null,
    batchSize: 10,
    flushMilliseconds: 5_000,
    caFile: null,
    timeoutMilliseconds: 30_000,
    hostname: 'host.example',
    ...changes,
  })
  t.teardown(() => created.close())
  return created
}

/** A destination and, behind it, a server that answers as told. */
export async function served(
  t: Test,
  format: HttpsFormatName,
  handle: RequestListener,
  changes: Partial<HttpsDestinationOptions> & { readonly path?: string } = {},
): Promise<Destination> {
  const { path = usualPath[format], ...rest } = changes
  const port = await listen(t, createServer(handle))
  return httpsDestination(t, `http://127.0.0.1:${port}${path}`, { format, ...rest })
}

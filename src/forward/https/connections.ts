import { readFile } from 'node:fs/promises'
import { Agent as HttpAgent } from 'node:http'
import { Agent } from 'node:https'
import { holdsCertificates } from '../certificates.js'
import { DeliveryError } from '../destination.js'

/** The one connection to a receiver, kept between requests. */
export interface Connections {
  /** Reads the authorities anew; a connection under others than those of today is ended. */
  agent(): Promise<HttpAgent>
  /** Ends the connection. */
  renew(): void
}

/**
 * Idle for longer, a connection is given up: most servers end theirs after 5 seconds or more, and one that ends while a
 * request is on its way is a failure for nothing.
 */
const idleMilliseconds = 4_000

/** `caFile` is a PEM file that replaces the system's authorities. */
export function createConnections(url: URL, caFile: string | null): Connections {
  const settings = { keepAlive: true, maxSockets: 1, timeout: idleMilliseconds }
  let current: HttpAgent | null = null
  let currentCa: string | null = null
  let lastGood: string | null = null

  /** Certificates are replaced while we run, and a file may be read in the middle of that. */
  async function authorities(path: string): Promise<string> {
    try {
      const text = await readFile(path, 'utf8')
      if (holdsCertificates(text)) lastGood = text
    } catch {
      // As if it held nothing.
    }
    if (lastGood === null) throw new DeliveryError('ca_unreadable')
    return lastGood
  }

  return {
    async agent() {
      const secure = url.protocol === 'https:'
      const ca = secure && caFile !== null ? await authorities(caFile) : null
      // An agent connects by itself when a server has ended an idle connection, and would do so under those of its start.
      if (ca !== currentCa) current?.destroy()
      else if (current) return current
      currentCa = ca
      current = secure
        ? new Agent({ ...settings, minVersion: 'TLSv1.2', ...(ca !== null && { ca }) })
        : new HttpAgent(settings)
      return current
    },

    renew() {
      current?.destroy()
      current = null
    },
  }
}

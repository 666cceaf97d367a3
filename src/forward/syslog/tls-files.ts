import { createPrivateKey, X509Certificate } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import { createSecureContext, type SecureContext } from 'node:tls'
import { holdsCertificates } from '../certificates.js'
import { DeliveryError } from '../destination.js'

/** PEM files of a TLS connection; null for none. */
export interface TlsFiles {
  /** Replaces the system's authorities. */
  readonly caFile: string | null
  /** Our own certificate, with its chain, for a receiver that asks for one. */
  readonly certFile: string | null
  /** The key to it, without a passphrase. */
  readonly keyFile: string | null
}

interface Identity {
  readonly cert: string
  readonly key: string
}

/** Null for a file that cannot be read. */
const textOf = (path: string | null): Promise<string | null> =>
  path === null ? Promise.resolve(null) : readFile(path, 'utf8').catch(() => null)

function fits({ cert, key }: Identity): boolean {
  try {
    const ofCertificate = new X509Certificate(cert).checkPrivateKey(createPrivateKey(key))
    return ofCertificate && holdsCertificates(cert)
  } catch {
    return false
  }
}

/**
 * What connections are made with, from the files as they are at each call; the same object for as long as they say the same.
 * Certificates are replaced while we run, one file after the other, and a file may be read in the middle of that: what is
 * broken, missing or does not fit together leaves the last good text in force. Where there never was one, there is no
 * connection, rather than one under the system's authorities or without our certificate.
 */
export function createTlsContexts(files: TlsFiles): () => Promise<SecureContext> {
  const { caFile, certFile, keyFile } = files
  let ca: string | null = null
  let identity: Identity | null = null
  let context: SecureContext | null = null

  async function readAuthorities(): Promise<void> {
    if (caFile === null) return
    const text = await textOf(caFile)
    if (text !== null && text !== ca && holdsCertificates(text)) {
      ca = text
      context = null
    }
    if (ca === null) throw new DeliveryError('ca_unreadable')
  }

  async function readIdentity(): Promise<void> {
    if (certFile === null && keyFile === null) return
    const [cert, key] = await Promise.all([textOf(certFile), textOf(keyFile)])
    const changed = cert !== identity?.cert || key !== identity?.key
    if (cert !== null && key !== null && changed && fits({ cert, key })) {
      identity = { cert, key }
      context = null
    }
    if (identity === null) throw new DeliveryError('client_certificate_unreadable')
  }

  return async () => {
    await readAuthorities()
    await readIdentity()
    context ??= createSecureContext({
      minVersion: 'TLSv1.2',
      ...(ca !== null && { ca }),
      ...identity,
    })
    return context
  }
}

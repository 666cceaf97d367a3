import { X509Certificate } from 'node:crypto'

/**
 * Whether a PEM text holds certificates, and each to its end. Node takes a broken one for none, and a text without any for
 * the system's authorities.
 */
export function holdsCertificates(pem: string): boolean {
  const blocks = pem.match(/-----BEGIN CERTIFICATE-----[^-]*-----END CERTIFICATE-----/g) ?? []
  const begun = pem.match(/-----BEGIN CERTIFICATE-----/g) ?? []
  try {
    for (const block of blocks) new X509Certificate(block)
  } catch {
    return false
  }
  return blocks.length > 0 && blocks.length === begun.length
}

import { X509Certificate } from 'node:crypto'
import { accessSync, constants, readFileSync, statSync } from 'node:fs'
import { dirname } from 'node:path'

/** The little that configuration wants to know of the file system. */
export interface Files {
  /** The file as UTF-8 text; null if it cannot be read or is not UTF-8. */
  readText(path: string): string | null
  /** Whether the file can be appended to, or made. */
  canAppend(path: string): boolean
}

/** The real file system. */
export const systemFiles: Files = {
  readText(path) {
    try {
      return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(readFileSync(path))
    } catch {
      return null
    }
  },

  canAppend(path) {
    try {
      const existing = statSync(path, { throwIfNoEntry: false })
      if (existing?.isDirectory()) return false
      accessSync(existing === undefined ? dirname(path) : path, constants.W_OK)
      return existing !== undefined || statSync(dirname(path)).isDirectory()
    } catch {
      return false
    }
  },
}

/** Whether the text begins with certificates that can be parsed. */
export function holdsCertificates(pem: string): boolean {
  try {
    new X509Certificate(pem)
    return true
  } catch {
    return false
  }
}

/** The API keys for DefectDojo; one key for both, or one that reads and one that writes (behaviour spec §2.1). */
export interface DojoKeys {
  readonly read: string
  readonly write: string
}

export interface Credentials {
  /** The values that must appear nowhere, without repetition. */
  readonly secrets: readonly string[]
  /** The `Authorization` header for a request. */
  authorization(write: boolean): string
  /** The variable that holds that key, for messages that say which key is wrong. */
  variable(write: boolean): string
}

/** Reads go out under the read key, everything else under the write key. */
export function createCredentials(keys: DojoKeys): Credentials {
  const single = keys.read === keys.write

  return {
    secrets: single ? [keys.read] : [keys.read, keys.write],
    authorization: (write) => `Token ${write ? keys.write : keys.read}`,
    variable(write) {
      if (single) return 'DEFECTDOJO_API_KEY'
      return write ? 'DEFECTDOJO_WRITE_API_KEY' : 'DEFECTDOJO_READ_API_KEY'
    },
  }
}

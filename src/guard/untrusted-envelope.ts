import type { TSchema } from '@sinclair/typebox'

/** `UNTRUSTED_CONTENT_WRAPPING`: an envelope per field, one notice per result, or nothing. */
export type WrappingMode = 'on' | 'page' | 'off'

/** Marks a field of an output schema as text that an outsider can influence: it is redacted and wrapped on its way out. */
export const untrusted = <Schema extends TSchema>(schema: Schema): Schema => ({
  ...schema,
  untrusted: true,
})

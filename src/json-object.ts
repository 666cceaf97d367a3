/** An object of JSON, of whatever members. */
export type JsonObject = Readonly<Record<string, unknown>>

/** True for an object of JSON, which a list is not. */
export const isJsonObject = (value: unknown): value is JsonObject =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

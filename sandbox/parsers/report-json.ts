import { describeFault, findJsonFault } from './json-errors.js'
import { ReportError } from './parsed-report.js'

/** Any JSON value. */
export type Json = null | boolean | number | string | readonly Json[] | JsonObject

/** A JSON object; absent keys read as undefined. */
export interface JsonObject {
  readonly [key: string]: Json | undefined
}

/** Reads JSON; a fault is a {@link ReportError} in CPython's words (DefectDojo's parsers are Python). A byte order mark is accepted. */
export function readJson(report: string): Json {
  const text = report.replace(/^\uFEFF/, '')
  try {
    return JSON.parse(text) as Json
  } catch {
    const fault = findJsonFault(text)
    // Only NaN and Infinity get here, which CPython reads and JSON does not have.
    if (fault === undefined) throw new Error('the report holds a number that is not JSON')
    throw new ReportError(describeFault(text, fault))
  }
}

/** Whether a value is a JSON object, not an array. */
export function isObject(value: Json | undefined): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

/** The value as an object. Throws where DefectDojo's parser would crash (500), as all of these do. */
export function object(value: Json | undefined, what: string): JsonObject {
  if (!isObject(value)) throw new TypeError(`${what} is not an object`)
  return value
}

/** The value as an array. */
export function array(value: Json | undefined, what: string): readonly Json[] {
  if (!Array.isArray(value)) throw new TypeError(`${what} is not an array`)
  return value as readonly Json[]
}

/** The value as text. */
export function text(value: Json | undefined, what: string): string {
  if (typeof value !== 'string') throw new TypeError(`${what} is not a text`)
  return value
}

/** The value as a list of objects; absent and null read as an empty one. */
export function objects(value: Json | undefined, what: string): JsonObject[] {
  return array(value ?? [], what).map((item) => object(item, `an item of ${what}`))
}

/** The value as a list of texts; absent and null read as an empty one. */
export function texts(value: Json | undefined, what: string): string[] {
  return array(value ?? [], what).map((item) => text(item, `an item of ${what}`))
}

/** The value if it is a text that is not empty. */
export function textOrNone(value: Json | undefined): string | undefined {
  return typeof value === 'string' && value !== '' ? value : undefined
}

/** The value if it is a number. */
export function numberOrNone(value: Json | undefined): number | undefined {
  return typeof value === 'number' ? value : undefined
}

/** A copy without the keys whose value is undefined, for types that leave out what a report does not say. */
export function withoutUndefined<T extends object>(value: { [K in keyof T]: T[K] | undefined }): T {
  return Object.fromEntries(Object.entries(value).filter(([, item]) => item !== undefined)) as T
}

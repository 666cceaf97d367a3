import type { IncomingHttpHeaders } from 'node:http'
import type { AuditLine } from '../../audit/trail-sinks.js'
import type { Delivery } from '../destination.js'

/** The bodies that receivers take; each has its own headers, limits and reading of the answer. */
export type HttpsFormatName =
  | 'json_array'
  | 'ndjson'
  | 'splunk_hec'
  | 'elastic_bulk'
  | 'datadog'
  | 'loki'
  | 'otlp'

/** What a format may know besides the lines. */
export interface FormatContext {
  /** The host that the records come from. */
  readonly hostname: string
  /** The path that is written to. */
  readonly pathname: string
  readonly tenant: string | null
}

/** An answer, read to its end. */
export interface HttpsAnswer {
  readonly status: number
  readonly headers: IncomingHttpHeaders
  /** Empty when it could not be read and the status alone says enough. */
  readonly text: string
  /** When it came, in milliseconds since 1970. */
  readonly at: number
}

/** What is asked again and again after an answer that was not the last word. */
export interface FollowUp {
  /** Path and query, at the same origin. */
  readonly path: string
  readonly body: string
  /** Whether this answer is the awaited one. Throws a `DeliveryError` when it will never come. */
  readonly confirms: (answer: HttpsAnswer) => boolean
}

/** How lines are put into one request, and what its answer means. */
export interface HttpsFormat {
  readonly name: HttpsFormatName
  /** Whether the body is compressed. */
  readonly gzip: boolean
  readonly contentType: string
  readonly maxRecords: number
  /** Of the body before it is compressed. */
  readonly maxBytes: number
  /** A longer line would be cut by the receiver; null where it says so itself. */
  readonly maxRecordBytes: number | null
  /** A line of n bytes takes no more than n × `times` + `plus` bytes of the body. */
  readonly wrapping: { readonly times: number; readonly plus: number }
  /** Besides those of every request. */
  headers(
    token: string | null,
    lines: readonly AuditLine[],
    context: FormatContext,
  ): Readonly<Record<string, string>>
  body(lines: readonly AuditLine[], context: FormatContext): string
  /** Whether the text of an answer with this status counts; otherwise it may be missing. */
  readsAnswer(status: number): boolean
  /** Throws a `DeliveryError` when the batch as a whole was not taken. */
  read(answer: HttpsAnswer, lines: readonly AuditLine[]): Delivery
  /** What is still to be asked after an answer that `read` found good. */
  follow?(answer: HttpsAnswer, context: FormatContext): FollowUp | null
}

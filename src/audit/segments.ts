import { readdirSync } from 'node:fs'
import { basename, dirname, join } from 'node:path'

/** Where copies of the checkpoints of a trail are kept (docs/audit-format.md §1). */
export const checkpointsFile = (file: string): string => `${file}.checkpoints`

/** The directory of what forwarders keep of a trail: a cursor and the dead letters of each destination. */
export const forwardingDirectory = (file: string): string => `${file}.forwarding`

const closedName = /^\.(\d{8}T\d{6}Z)-(\d{12,})$/
const closedEnd = /\.(\d{8}T\d{6}Z)-(\d{12,})$/

/** The name a segment gets when it is closed: when that was, and the number of its last record. */
export function segmentName(file: string, closedAt: Date, lastSeq: number): string {
  const time = closedAt.toISOString().slice(0, 19).replace(/[-:]/g, '')
  return `${file}.${time}Z-${String(lastSeq).padStart(12, '0')}`
}

/** Whether a file's name is that of a segment this service closed. */
export const isClosedSegment = (name: string): boolean => closedEnd.test(name)

/** The number of its last record, by the name of a closed segment; null for other names. */
export const lastSeqInName = (name: string): number | null => {
  const seq = closedEnd.exec(name)?.[2]
  return seq === undefined ? null : Number(seq)
}

/** When a segment was closed, in milliseconds since 1970, by its name; NaN for other names. */
export const closedAt = (name: string): number => {
  const time = closedEnd.exec(name)?.[1] ?? ''
  return Date.parse(time.replace(/^(....)(..)(..T..)(..)(..Z)$/, '$1-$2-$3:$4:$5'))
}

/** The closed segments of a trail beside its file, oldest first. Throws the system's error when the directory cannot be read. */
export function closedSegments(file: string): string[] {
  const directory = dirname(file)
  const name = basename(file)
  return readdirSync(directory)
    .filter((other) => other.startsWith(name) && closedName.test(other.slice(name.length)))
    .sort()
    .map((other) => join(directory, other))
}

/** Files that may be an earlier part of the trail, whoever rotated them: `audit.jsonl.1`, `audit.jsonl-20260102` and the like. */
export function rotatedFiles(file: string): string[] {
  const directory = dirname(file)
  const name = basename(file)
  const notATrail = /^\.(checkpoints|lock|forwarding)|\.torn-|\.(gz|xz|bz2|zst)$/
  return readdirSync(directory)
    .filter((other) => other.startsWith(name) && /^[.-]/.test(other.slice(name.length)))
    .filter((other) => !notATrail.test(other.slice(name.length)))
    .map((other) => join(directory, other))
}

/** What is wrong with the first bad line. */
export type ProblemKind =
  | 'edited'
  | 'missing'
  | 'inserted'
  | 'reordered'
  | 'duplicated'
  | 'malformed'

export interface Problem {
  readonly kind: ProblemKind
  /** From 1 on. */
  readonly line: number
  readonly byteOffset: number
  /** The number the record there should have; null for records of the reference server, which have none. */
  readonly seq: number | null
  readonly detail: string
}

export interface ChainSummary {
  /** Null for a chain of the reference server. */
  readonly chainId: string | null
  readonly keyId: string | null
  readonly firstLine: number
  readonly firstSeq: number | null
  lastSeq: number | null
  records: number
  /** Times the process was started within this chain. */
  starts: number
}

/** Lines that were made with a key other than the given one. */
export interface ForeignLines {
  readonly firstLine: number
  lastLine: number
  readonly keyId: string | null
}

/** `not_verifiable` is not a weaker `intact`: nothing is known of the lines concerned. */
export type Verdict = 'intact' | 'tampered' | 'not_verifiable'

export interface VerifyReport {
  readonly verdict: Verdict
  readonly file: string
  readonly bytes: number
  /** Records whose MAC is right. */
  readonly records: number
  readonly firstTimestamp: string | null
  readonly lastTimestamp: string | null
  /** The first hundred. */
  readonly chains: readonly ChainSummary[]
  readonly chainCount: number
  /** What a crash left of the last record; no part of the trail, and never acknowledged to anybody. */
  readonly tornTail: {
    readonly line: number
    readonly byteOffset: number
    readonly bytes: number
  } | null
  readonly foreign: readonly ForeignLines[]
  readonly problem: Problem | null
  /** Why it is not verifiable. */
  readonly reason: string | null
}

/** Exit codes of `audit verify`. */
export const exitCodes: Readonly<Record<Verdict, 0 | 1 | 2>> = {
  intact: 0,
  tampered: 1,
  not_verifiable: 2,
}

const chainLine = (chain: ChainSummary): string => {
  const numbers = chain.firstSeq === null ? '' : `, seq ${chain.firstSeq} to ${chain.lastSeq}`
  const name = chain.chainId ?? '(reference server)'
  const key = chain.keyId === null ? '' : `, key ${chain.keyId}`
  const starts = chain.starts > 1 ? `, ${chain.starts} starts` : ''
  return `  ${name}: ${chain.records} records from line ${chain.firstLine} on${numbers}${key}${starts}`
}

/** The report for a person; its last line is the verdict as one word. */
export function reportText(report: VerifyReport): string {
  const { problem, tornTail } = report
  const lines = [`${report.file}: ${report.bytes} bytes, ${report.records} records verified`]
  if (report.firstTimestamp) lines.push(`from ${report.firstTimestamp} to ${report.lastTimestamp}`)
  if (report.chainCount > 0) lines.push(`chains: ${report.chainCount}`)
  lines.push(...report.chains.map(chainLine))
  if (report.chainCount > report.chains.length) {
    lines.push(`  … and ${report.chainCount - report.chains.length} more`)
  }
  if (tornTail) {
    lines.push(
      `torn last record: line ${tornTail.line}, byte ${tornTail.byteOffset}, ${tornTail.bytes} bytes (what a crash leaves)`,
    )
  }
  for (const { firstLine, lastLine, keyId } of report.foreign) {
    lines.push(`lines ${firstLine} to ${lastLine}: made with another key (${keyId ?? 'unnamed'})`)
  }
  if (problem) {
    const seq = problem.seq === null ? '' : `, seq ${problem.seq}`
    lines.push(
      `first bad line: ${problem.line}, byte ${problem.byteOffset}${seq}: ${problem.kind}: ${problem.detail}`,
    )
  }
  if (report.reason) lines.push(report.reason)
  if (report.verdict === 'intact') {
    lines.push('records cut off at the end cannot be noticed from the file alone')
  }
  lines.push(report.verdict)
  return `${lines.join('\n')}\n`
}

/** What is wrong with a bad line (docs/audit-format.md §5.5). */
export type ProblemKind =
  | 'malformed'
  | 'edited'
  | 'missing'
  | 'inserted'
  | 'reordered'
  | 'duplicated'
  | 'wrong_key'
  | 'older_key'
  | 'truncated'
  | 'bad_checkpoint'

/** Something that is proven wrong. */
export interface Problem {
  readonly file: string
  /** From 1 on; where a file ends too early, the line that should follow. */
  readonly line: number
  readonly byteOffset: number
  /** The number the record there should have; null for records of the reference server, which have none. */
  readonly seq: number | null
  readonly kind: ProblemKind
  readonly detail: string
}

/** Something the trail says of itself: a start, a new file, another key. */
export interface TrailEvent {
  readonly seq: number | null
  readonly timestamp: string | null
  readonly event: string
}

/** Numbers from one to the other, both included. */
export interface SeqRange {
  readonly fromSeq: number
  readonly toSeq: number
}

export interface ChainReport {
  /** Null for a chain of the reference server. */
  readonly chainId: string | null
  readonly firstSeq: number | null
  readonly lastSeq: number | null
  readonly firstTimestamp: string | null
  readonly lastTimestamp: string | null
  /** Records that are proven right. */
  readonly records: number
  readonly bytes: number
  /** Files that hold records of it. */
  readonly segments: number
  readonly keyIds: readonly string[]
  /** Processes that were started within it. */
  readonly starts: number
  /** Those from elsewhere that a record of this chain matches. */
  readonly checkpoints: {
    readonly matched: number
    readonly lastSeq: number | null
    readonly lastTimestamp: string | null
  }
  /** The last record that a checkpoint from elsewhere vouches for. */
  readonly attestedSeq: number | null
  readonly unattestedTail: number
  readonly beginning: 'given' | 'not_given' | 'removed'
  /** Changes that were announced, and whose end nobody recorded. */
  readonly inDoubt: { readonly count: number; readonly requestIds: readonly string[] }
  /** How often a record's time is before that of the record before it. */
  readonly clockWentBack: number
  /** The first hundred. */
  readonly events: readonly TrailEvent[]
  readonly gaps: readonly SeqRange[]
}

/** Records under a key that was not given. */
export interface UnverifiedRange {
  readonly chainId: string | null
  readonly firstSeq: number | null
  readonly lastSeq: number | null
  readonly keyId: string | null
}

/** `not_verifiable` is not a weaker `intact`: nothing is known of the records concerned. */
export type Verdict = 'complete' | 'tampered' | 'not_verifiable' | 'intact'

export interface VerifyReport {
  readonly verdict: Verdict
  readonly exitCode: 0 | 1 | 2 | 3
  /** Records that are proven right. */
  readonly records: number
  readonly bytes: number
  readonly files: readonly { readonly file: string; readonly bytes: number; records: number }[]
  readonly chains: readonly ChainReport[]
  /** The first bad line. */
  readonly problem: Problem | null
  readonly problemCount: number
  /** The first hundred. */
  readonly problems: readonly Problem[]
  readonly notVerifiable: readonly UnverifiedRange[]
  /** What crashes left of a record; no part of the trail, and never acknowledged to anybody. */
  readonly tornTails: readonly {
    readonly file: string
    readonly line: number
    readonly byteOffset: number
    readonly bytes: number
  }[]
  /** Checkpoints from elsewhere that the given keys say nothing about. */
  readonly checkpointsLeftOut: number
  /** Records whose place in the chain could not be checked: the first ones of what a SIEM gave back. */
  readonly unchecked: number
  /** Records that are not given, of which a SIEM gave some parts back. */
  readonly partsMissing: number
  /** Why it is not verifiable. */
  readonly reason: string | null
}

/** Exit codes of `audit verify`. */
export const exitCodes: Readonly<Record<Verdict, 0 | 1 | 2 | 3>> = {
  complete: 0,
  tampered: 1,
  not_verifiable: 2,
  intact: 3,
}

/** The report on what could not even be read. */
export const notVerifiable = (reason: string): VerifyReport => ({
  verdict: 'not_verifiable',
  exitCode: exitCodes.not_verifiable,
  records: 0,
  bytes: 0,
  files: [],
  chains: [],
  problem: null,
  problemCount: 0,
  problems: [],
  notVerifiable: [],
  tornTails: [],
  checkpointsLeftOut: 0,
  unchecked: 0,
  partsMissing: 0,
  reason,
})

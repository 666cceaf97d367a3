import type { ChainPart } from '../audit/retention.js'
import type { Backlog } from './backlog.js'
import type { Cursor, CursorFile } from './cursor.js'
import { type Gap, gapSize, type Waiting } from './record-source.js'

/** How far a destination has got, kept on disk. */
export interface Progress {
  /** A record was read from the source. */
  read(line: Waiting): void
  /** There is no more to read, and everything that was read is settled. */
  idle(): void
  /** Records that will not be delivered from here. */
  skipped(gap: Gap): void
  /** Hands every gap that the trail does not tell yet to `tell`, once. */
  tellGaps(tell: (gap: Gap) => void): void
  /** Moves the cursor before `next`, or behind everything that was read. Never rejects: a lost step means a record twice. */
  save(next: Waiting | undefined): Promise<void>
  /** Whether the receiver still lacks records of a closed segment. */
  lacks(part: ChainPart): boolean
  /** Records skipped. */
  dropped(): number
}

export interface ProgressOptions {
  readonly begin: Cursor
  /** Null for a trail that cannot be read back. */
  readonly file: CursorFile | null
  readonly backlog: Backlog
  /** The last record that was made. */
  readonly end: () => { readonly chainId: string; readonly seq: number }
  /** The cursor cannot be saved: a code of the system. Once per outage. */
  readonly onTrouble: (code: string) => void
  /** The cursor has left a file of the trail. */
  readonly onFilePassed: () => void
}

export function createProgress(options: ProgressOptions): Progress {
  const { begin, backlog, file } = options
  /** Chains in the order in which they were read. */
  const chains = [...begin.passedChains, begin.position.chainId]
  let saved = begin
  /** What is on disk of it. */
  let stored: Cursor | null = null
  let lastRead = begin.position
  let gaps = begin.gaps
  let gapsSaved = gaps
  let dropped = 0
  let troubled = false

  return {
    read(line) {
      lastRead = line.behind
      if (chains.at(-1) !== line.chainId) chains.push(line.chainId)
      // The trail tells of them itself, and they were never counted as waiting.
      dropped += line.lostBefore
    },

    idle() {
      const { chainId, seq } = options.end()
      if (chainId === lastRead.chainId && seq === lastRead.seq) backlog.nothingLeft()
    },

    skipped(gap) {
      dropped += gapSize(gap)
      if (gap.reason !== 'spool_full') backlog.missing(gapSize(gap))
      const last = gaps.at(-1)
      const goesOn =
        last?.chainId === gap.chainId &&
        last.toSeq === gap.fromSeq - 1 &&
        last.reason === gap.reason
      gaps = goesOn ? [...gaps.slice(0, -1), { ...last, toSeq: gap.toSeq }] : [...gaps, gap]
    },

    tellGaps(tell) {
      for (const gap of gaps) tell(gap)
      if (gaps.length > 0) gaps = []
    },

    async save(next) {
      const position = next?.before ?? lastRead
      const { chainId, seq, inode } = saved.position
      const moved = chainId !== position.chainId || seq !== position.seq || gaps !== gapsSaved
      if (!moved && stored === saved) return
      const passed = chains.slice(0, Math.max(0, chains.lastIndexOf(position.chainId)))
      gapsSaved = gaps
      saved = {
        position,
        passedChains: passed,
        // Whoever reads on from here finds the others again.
        gaps: gaps.filter((gap) => !isBehind(gap, position)),
      }
      try {
        await file?.save(saved)
        stored = saved
        troubled = false
      } catch (error) {
        if (!troubled) options.onTrouble((error as NodeJS.ErrnoException).code ?? 'UNKNOWN')
        troubled = true
      }
      if (inode !== null && inode !== position.inode) options.onFilePassed()
    },

    lacks({ chainId, toSeq }) {
      // Chains of the reference server were written before there were cursors.
      if (chainId === null) return false
      if (chainId === saved.position.chainId) return (toSeq ?? 0) > saved.position.seq
      return !saved.passedChains.includes(chainId)
    },

    dropped: () => dropped,
  }
}

/** Whether a gap in the files lies behind a position. */
const isBehind = (
  { reason, chainId, fromSeq }: Gap,
  position: { readonly chainId: string; readonly seq: number },
): boolean => reason === 'records_missing' && chainId === position.chainId && fromSeq > position.seq

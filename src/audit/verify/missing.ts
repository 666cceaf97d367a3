import type { Elsewhere } from './elsewhere.js'
import type { RecordEntry } from './entry.js'
import type { Problem } from './report.js'
import type { Verifier } from './verifier.js'

/**
 * What checkpoints from elsewhere say is missing (docs/audit-format.md §5.3). `whole`: the files should go back to the beginning of
 * their chains, unless retention says otherwise.
 */
export function findMissing(verifier: Verifier, elsewhere: Elsewhere, whole: boolean): Problem[] {
  return [...elsewhere.unmatched()].flatMap(([chainId, unmatched]) => {
    const [lowest] = unmatched
    const highest = unmatched.at(-1)
    if (!lowest || !highest) return []
    const chain = verifier.chains.find((known) => known.chainId === chainId)
    if (!chain) {
      return verifier.wasRemoved(chainId, highest.seq ?? 0) ? [] : [chainMissing(lowest, highest)]
    }
    const problems: Problem[] = []
    const { file, line } = chain.last
    const lastSeq = chain.lastSeq ?? 0
    if ((highest.seq ?? 0) > lastSeq) {
      problems.push({
        file,
        line: line.number + 1,
        byteOffset: line.byteOffset + line.bytes.length + 1,
        seq: lastSeq + 1,
        kind: 'truncated',
        detail: `the checkpoint in ${highest.file} says that seq ${highest.seq} was reached`,
      })
    }
    const before = (chain.firstSeq ?? 1) - 1
    if (whole && (lowest.seq ?? 0) <= before && !verifier.wasRemoved(chainId, before)) {
      problems.push({
        file: chain.first.file,
        line: 1,
        byteOffset: 0,
        seq: 1,
        kind: 'missing',
        detail: `seq 1 to ${before} are missing; the checkpoint in ${lowest.file} names seq ${lowest.seq}`,
      })
    }
    return problems
  })
}

const chainMissing = (lowest: RecordEntry, highest: RecordEntry): Problem => ({
  file: lowest.file,
  line: lowest.line.number,
  byteOffset: lowest.line.byteOffset,
  seq: 1,
  kind: 'missing',
  detail: `chain ${lowest.chainId} is not among the files; this checkpoint is of it, and the last one names seq ${highest.seq}`,
})

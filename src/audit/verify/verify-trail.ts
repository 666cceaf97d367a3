import type { KeyObject } from 'node:crypto'
import { type Elsewhere, readElsewhere } from './elsewhere.js'
import { feedInOrder, feedUnordered, type Reading } from './feed.js'
import { createKeyFinder } from './key-finder.js'
import { findMissing } from './missing.js'
import { orderTrail, UnreadableTrail } from './read-trail.js'
import {
  exitCodes,
  notVerifiable,
  type Problem,
  type Verdict,
  type VerifyReport,
} from './report.js'
import { type TrailSource, withSiblings } from './source.js'
import { createVerifier, type Verifier } from './verifier.js'

export interface VerifyOptions {
  /** A file on disk brings its closed segments and the checkpoints beside it. */
  readonly files: readonly TrailSource[]
  /** Any of them may have been used. */
  readonly keys: readonly Buffer[]
  /** Ed25519. */
  readonly publicKey?: KeyObject
  /** Checkpoints from elsewhere, besides those beside the files. */
  readonly checkpoints?: readonly TrailSource[]
  /** The records were taken back from a SIEM: in any order, and some twice. */
  readonly unordered?: boolean
}

/** Checks a trail as docs/audit-format.md §5 says. Never rejects for what is in a file: what cannot be read is `not_verifiable`. */
export async function verifyTrail(options: VerifyOptions): Promise<VerifyReport> {
  const { files, checkpoints, whole } = withSiblings(options.files)
  const reading: Reading = { files: [], tornTails: [], partsMissing: 0 }
  try {
    const unordered = options.unordered === true
    const order = unordered ? files : await orderTrail(files)
    const keys = createKeyFinder(options.keys)
    const publicKey = options.publicKey ?? null
    const sources = [...checkpoints, ...(options.checkpoints ?? [])]
    const elsewhere = await readElsewhere({ sources, keys, publicKey })
    const verifier = createVerifier({ keys, publicKey, elsewhere, unordered })
    await (unordered ? feedUnordered : feedInOrder)(order, verifier, reading)
    if (reading.files.every(({ records }) => records === 0)) {
      throw new UnreadableTrail('there is no record in what was given')
    }
    const missing = findMissing(verifier, elsewhere, whole && !unordered)
    return conclude(verifier, elsewhere, missing, reading)
  } catch (error) {
    if (!(error instanceof UnreadableTrail)) throw error
    return notVerifiable(error.message)
  }
}

const maxProblems = 100

function conclude(
  verifier: Verifier,
  elsewhere: Elsewhere,
  missing: readonly Problem[],
  reading: Reading,
): VerifyReport {
  const order = reading.files.map(({ file }) => file)
  const placeOf = ({ file }: Problem): number =>
    order.includes(file) ? order.indexOf(file) : order.length
  const problems = [...verifier.problems.list, ...missing, ...elsewhere.problems].sort(
    (a, b) => placeOf(a) - placeOf(b) || a.line - b.line,
  )
  const chains = verifier.reports()
  const unverified = verifier.notVerifiable()
  const records = chains.reduce((sum, chain) => sum + chain.records, 0)
  const open =
    !verifier.attested() ||
    verifier.unchecked() > 0 ||
    reading.partsMissing > 0 ||
    chains.some((chain) => chain.inDoubt.count > 0 || chain.beginning === 'not_given')
  const verdict: Verdict =
    problems.length > 0
      ? 'tampered'
      : unverified.length > 0
        ? 'not_verifiable'
        : open
          ? 'intact'
          : 'complete'
  return {
    verdict,
    exitCode: exitCodes[verdict],
    records,
    bytes: reading.files.reduce((sum, { bytes }) => sum + bytes, 0),
    files: reading.files,
    chains,
    problem: problems[0] ?? null,
    problemCount: verifier.problems.count() + missing.length + elsewhere.problems.length,
    problems: problems.slice(0, maxProblems),
    notVerifiable: unverified,
    tornTails: reading.tornTails,
    checkpointsLeftOut: elsewhere.leftOut,
    unchecked: verifier.unchecked(),
    partsMissing: reading.partsMissing,
    reason: verdict === 'not_verifiable' ? reasonFor(records) : null,
  }
}

const reasonFor = (records: number): string =>
  records === 0
    ? 'not one record was made with a given key: wrong key?'
    : 'some records were made with a key that was not given'

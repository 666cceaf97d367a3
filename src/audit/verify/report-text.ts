import type { ChainReport, Problem, VerifyReport } from './report.js'

const maxNamed = 20
const maxListed = 20

const some = (names: readonly string[], count: number): string =>
  names.slice(0, maxNamed).join(', ') + (count > maxNamed ? `, … and ${count - maxNamed} more` : '')

const range = (from: number | null, to: number | null): string =>
  from === null ? 'no numbers' : from === to ? `seq ${from}` : `seq ${from} to ${to}`

const plural = (count: number, one: string): string => `${count} ${one}${count === 1 ? '' : 's'}`

function beginningOf({ beginning, firstSeq }: ChainReport): string | null {
  const before = `seq 1 to ${(firstSeq ?? 1) - 1}`
  switch (beginning) {
    case 'given':
      return null
    case 'removed':
      return `beginning    ${before} were removed by retention, and that is recorded`
    case 'not_given':
      return firstSeq === 1 || firstSeq === null
        ? 'beginning    not given'
        : `beginning    not given: ${before}`
  }
}

function attestationOf(chain: ChainReport): string {
  const { checkpoints, unattestedTail } = chain
  if (chain.chainId === null) {
    return unattestedTail === 0
      ? 'attested     by the chain that goes on from it'
      : 'attested     not: the reference server made no checkpoints'
  }
  const last =
    checkpoints.lastSeq === null
      ? 'no checkpoint from elsewhere'
      : `${plural(checkpoints.matched, 'checkpoint')}, the last one seq ${checkpoints.lastSeq} of ${checkpoints.lastTimestamp}`
  const tail =
    unattestedTail === 0
      ? 'nothing after it'
      : `UNATTESTED TAIL: ${plural(unattestedTail, 'record')} after it`
  return `attested     ${last}; ${tail}`
}

function chainLines(chain: ChainReport): string[] {
  const { inDoubt } = chain
  const lines = [
    `records      ${chain.records} right, ${range(chain.firstSeq, chain.lastSeq)}, ${chain.bytes} bytes in ${plural(chain.segments, 'file')}`,
    `time         ${chain.firstTimestamp ?? '?'} to ${chain.lastTimestamp ?? '?'}`,
    `keys         ${chain.keyIds.length === 0 ? 'unnamed' : chain.keyIds.join(', ')}`,
    beginningOf(chain),
    attestationOf(chain),
    `in doubt     ${inDoubt.count === 0 ? 'none' : `${inDoubt.count}: ${some(inDoubt.requestIds, inDoubt.count)}`}`,
    chain.clockWentBack === 0
      ? null
      : `clock        went back ${plural(chain.clockWentBack, 'time')}; the order is that of seq`,
    ...chain.gaps.map(({ fromSeq, toSeq }) => `missing      ${range(fromSeq, toSeq)}`),
    ...chain.events.slice(0, maxListed).map(({ seq, timestamp, event }) => {
      const at = seq === null ? '' : `seq ${seq}, `
      return `event        ${at}${timestamp ?? '?'}: ${event}`
    }),
    chain.events.length > maxListed
      ? `event        … and ${chain.events.length - maxListed} more`
      : null,
  ]
  return [
    `chain ${chain.chainId ?? '(of the reference server)'}`,
    ...lines.flatMap((line) => (line === null ? [] : [`  ${line}`])),
  ]
}

const problemLine = ({ file, line, byteOffset, seq, kind, detail }: Problem): string =>
  `${file}:${line}, byte ${byteOffset}${seq === null ? '' : `, seq ${seq}`}: ${kind}: ${detail}`

/** What an `intact` trail lacks, and what to do about it. */
function advice(report: VerifyReport): string[] {
  if (report.verdict !== 'intact') return []
  const { chains } = report
  const advice: string[] = []
  if (chains.some(({ unattestedTail }) => unattestedTail > 0)) {
    advice.push(
      'Records after the last checkpoint could be cut off unseen. A server that runs attests them within a minute; else give --checkpoints from the SIEM.',
    )
  }
  if (chains.some(({ inDoubt }) => inDoubt.count > 0)) {
    advice.push('Calls in doubt were announced, and nobody recorded their end: look at DefectDojo.')
  }
  if (chains.some(({ beginning }) => beginning === 'not_given') || report.unchecked > 0) {
    advice.push('The beginning of a chain was not given: name the files before it, too.')
  }
  if (report.partsMissing > 0) {
    advice.push('Parts of long records are missing: take back every message, in the order of time.')
  }
  return advice
}

/** The report for a person; its last line is the verdict as one word. */
export function reportText(report: VerifyReport): string {
  const { problem, problems, problemCount } = report
  const lines = [
    ...report.files.map(({ file, bytes, records }) => `${file}: ${bytes} bytes, ${records} lines`),
    ...report.chains.flatMap(chainLines),
    ...report.tornTails.map(
      ({ file, line, bytes }) =>
        `${file}:${line}: torn record of ${bytes} bytes (what a crash leaves, acknowledged to nobody)`,
    ),
    ...report.notVerifiable.map(
      ({ chainId, firstSeq, lastSeq, keyId }) =>
        `not verifiable: ${range(firstSeq, lastSeq)} of ${chainId ?? 'a reference chain'}, made with key ${keyId ?? '(unnamed)'}`,
    ),
  ]
  if (report.checkpointsLeftOut > 0) {
    lines.push(`checkpoints left out: ${report.checkpointsLeftOut}, their key was not given`)
  }
  if (report.unchecked > 0) {
    lines.push(`not checked: ${plural(report.unchecked, 'record')} that follow what is not given`)
  }
  if (report.partsMissing > 0) {
    lines.push(
      `parts missing: ${plural(report.partsMissing, 'record')} of which some parts are not there, or lie too far from the others`,
    )
  }
  if (problem) {
    lines.push(`first bad line: ${problemLine(problem)}`)
    lines.push(...problems.slice(1, maxListed).map((each) => `also bad: ${problemLine(each)}`))
    if (problemCount > maxListed) lines.push(`… and ${problemCount - maxListed} more`)
  }
  if (report.reason !== null) lines.push(report.reason)
  lines.push(...advice(report), report.verdict)
  return `${lines.map(printable).join('\n')}\n`
}

/** What stands in a file that may be forged does not steer the terminal. */
const printable = (line: string): string =>
  line.replace(/[^\x20-\x7e…]/g, (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`)

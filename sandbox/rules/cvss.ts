const weights: Readonly<Record<string, Readonly<Record<string, number>>>> = {
  AV: { N: 0.85, A: 0.62, L: 0.55, P: 0.2 },
  AC: { L: 0.77, H: 0.44 },
  UI: { N: 0.85, R: 0.62 },
  C: { H: 0.56, L: 0.22, N: 0 },
  I: { H: 0.56, L: 0.22, N: 0 },
  A: { H: 0.56, L: 0.22, N: 0 },
}
const privileges: Readonly<Record<string, readonly [unchanged: number, changed: number]>> = {
  N: [0.85, 0.85],
  L: [0.62, 0.68],
  H: [0.27, 0.5],
}

/** The base score of a CVSS 3.0 or 3.1 vector, 0 to 10; undefined if it is none. */
export function cvss3Score(vector: string): number | undefined {
  if (!/^CVSS:3\.[01](\/[A-Z]{1,3}:[A-Z])+$/.test(vector)) return undefined
  const metrics = new Map(
    vector
      .split('/')
      .slice(1)
      .map((part) => part.split(':') as [string, string]),
  )
  const weight = (name: string) => weights[name]?.[metrics.get(name) ?? '']
  const changed = metrics.get('S') === 'C'
  if (!changed && metrics.get('S') !== 'U') return undefined
  const privilege = privileges[metrics.get('PR') ?? '']?.[changed ? 1 : 0]
  const found = [...['AV', 'AC', 'UI', 'C', 'I', 'A'].map(weight), privilege]
  const given = found.filter((value) => value !== undefined)
  if (given.length < found.length) return undefined
  const [reach = 0, complexity = 0, interaction = 0, conf = 0, integ = 0, avail = 0, priv = 0] =
    given
  const missed = 1 - (1 - conf) * (1 - integ) * (1 - avail)
  const impact = changed ? 7.52 * (missed - 0.029) - 3.25 * (missed - 0.02) ** 15 : 6.42 * missed
  if (impact <= 0) return 0
  const exploitability = 8.22 * reach * complexity * priv * interaction
  const sum = (changed ? 1.08 : 1) * (impact + exploitability)
  return roundUp(Math.min(sum, 10))
}

/** The standard's rounding up to one place, which avoids the errors of binary fractions. */
function roundUp(value: number): number {
  const scaled = Math.round(value * 100_000)
  return scaled % 10_000 === 0 ? scaled / 100_000 : (Math.floor(scaled / 10_000) + 1) / 10
}

/** Whether the text is a CVSS 4.0 vector. Its score needs the standard's large table, which the sandbox leaves out. */
export function isCvss4(vector: string): boolean {
  return /^CVSS:4\.0\/AV:[NALP]\/AC:[LH]\/AT:[NP]\/PR:[NLH]\/UI:[NPA]\/VC:[HLN]\/VI:[HLN]\/VA:[HLN]\/SC:[HLN]\/SI:[HLN]\/SA:[HLN](\/[A-Z]{1,3}:[A-Za-z]+)*$/.test(
    vector,
  )
}

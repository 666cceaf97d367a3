import type { FindingRecord } from '../records.js'
import { addDays } from '../rules/times.js'
import { componentVulnerabilities } from './components.js'
import type { TestPlan } from './engagements.js'
import type { ProductPlan } from './product-plan.js'
import type { Random } from './random.js'
import { type ComponentTemplate, fill, type WeaknessTemplate } from './template.js'
import { codeWeaknesses } from './weaknesses-code.js'
import { platformWeaknesses } from './weaknesses-platform.js'
import { webWeaknesses } from './weaknesses-web.js'

/** A finding before it has a test, a date and a state. */
export type Draft = Partial<FindingRecord> & Pick<FindingRecord, 'title' | 'severity'>

const weaknesses = [...codeWeaknesses, ...webWeaknesses, ...platformWeaknesses]

/**
 * Every finding a test of this kind could have in this product, those first that make a believable report: few of one rule, and
 * critical ones rare.
 */
export function possibleDrafts(product: ProductPlan, test: TestPlan, random: Random): Draft[] {
  if (test.kind === 'components' || test.kind === 'image') {
    return random.shuffle(componentDrafts(product, test))
  }
  const { places } = product
  const fitting = weaknesses.filter(
    ({ kinds, languages }) =>
      kinds.includes(test.kind) && (languages === undefined || languages.includes(places.language)),
  )
  return spread(
    fitting.flatMap((weakness) =>
      placesFor(product, test, random)
        .filter((place) =>
          Object.values(place)
            .join(' ')
            .includes(weakness.only ?? ''),
        )
        .map((place) => weaknessDraft(weakness, place, test, random)),
    ),
    random,
  )
}

function spread(drafts: readonly Draft[], random: Random): Draft[] {
  const seen = new Map<string, number>()
  const ranked = random.shuffle(drafts).map((draft) => {
    const rule = draft.vuln_id_from_tool ?? ''
    const earlier = seen.get(rule) ?? 0
    seen.set(rule, earlier + 1)
    return { draft, rank: draft.severity === 'Critical' ? 1 + 4 * earlier : earlier }
  })
  return ranked.sort((a, b) => a.rank - b.rank).map(({ draft }) => draft)
}

function placesFor(
  { places }: ProductPlan,
  { kind }: TestPlan,
  random: Random,
): Record<string, string>[] {
  const web = places.web.map(words)
  if (kind === 'dynamic' || kind === 'pentest') {
    const code = places.code.map(words)
    return web.map(([endpoint, parameter]) => {
      const matching = code.find((place) => place[2] === parameter)
      const [file, symbol] = matching ?? random.pick(code)
      return { host: places.host, endpoint, parameter, file, symbol }
    })
  }
  const where =
    kind === 'cloud' ? (places.cloud ?? []) : kind === 'secrets' ? places.secrets : places.code
  return where.map(words).map(([file, name, own]) => {
    const [endpoint, parameter] = web.find((page) => page[1] === own) ?? random.pick(web)
    return {
      host: places.host,
      file,
      symbol: name,
      resource: name,
      endpoint,
      parameter: own || parameter,
    }
  })
}

function words(text: string): [string, string, string] {
  const [first = '', second = '', third = ''] = text.split(' ')
  return [first, second, third]
}

function weaknessDraft(
  weakness: WeaknessTemplate,
  place: Readonly<Record<string, string>>,
  { kind }: TestPlan,
  random: Random,
): Draft {
  const inCode = kind !== 'dynamic' && kind !== 'pentest'
  const links =
    weakness.cwe > 0 ? [`https://cwe.mitre.org/data/definitions/${weakness.cwe}.html`] : []
  return {
    title: fill(weakness.title, place),
    severity: weakness.severity,
    cwe: weakness.cwe,
    cwes: weakness.cwe > 0 ? [`CWE-${weakness.cwe}`] : [],
    cvssv3: weakness.cvssv3 ?? null,
    cvssv3_score: weakness.cvssv3_score ?? null,
    description: fill(weakness.description, place),
    impact: fill(weakness.impact, place),
    mitigation: fill(weakness.mitigation, place),
    steps_to_reproduce: kind === 'pentest' && weakness.steps ? fill(weakness.steps, place) : null,
    severity_justification:
      kind === 'pentest' ? 'Rated with the team after the closing meeting of the test.' : null,
    references: [...weakness.references, ...links].join('\n') || null,
    vuln_id_from_tool: weakness.rule,
    tags: [...(weakness.tags ?? [])],
    ...(inCode
      ? {
          file_path: place.file ?? null,
          line: random.between(8, 420),
          unique_id_from_tool: random.hex(32),
        }
      : {
          param: place.parameter ?? null,
          url: `https://${place.host}${place.endpoint}`,
          unique_id_from_tool: kind === 'dynamic' ? random.hex(12) : null,
        }),
  }
}

function componentDrafts(product: ProductPlan, test: TestPlan): Draft[] {
  const { places } = product
  const inImage = test.kind === 'image'
  const targets = inImage ? [['debian', places.image ?? ''] as const] : places.manifests
  return targets.flatMap(([ecosystem, target]) =>
    componentVulnerabilities
      .filter((vulnerability) => vulnerability.ecosystem === ecosystem)
      .map((vulnerability) => componentDraft(vulnerability, target)),
  )
}

function componentDraft(vulnerability: ComponentTemplate, target: string): Draft {
  const { id, component, version, fixed, summary, cwe, exploitedSince } = vulnerability
  return {
    title: `${id} ${component} ${version}`,
    severity: vulnerability.severity,
    cwe,
    cwes: [`CWE-${cwe}`],
    vulnerability_ids: [id],
    cvssv3: vulnerability.cvssv3,
    cvssv3_score: vulnerability.cvssv3_score,
    epss_score: vulnerability.epss,
    epss_percentile: vulnerability.percentile,
    known_exploited: exploitedSince !== undefined,
    ransomware_used: vulnerability.ransomware ?? false,
    kev_date: exploitedSince === undefined ? null : addDays(exploitedSince, 0),
    description: `${summary}.\n**Target:** ${target}\n**Type:** ${vulnerability.ecosystem}\n**Fixed version:** ${fixed}`,
    mitigation: fixed === '' ? null : `Upgrade ${component} to ${fixed} or later.`,
    impact: fixed === '' ? 'affected' : 'fixed',
    references: `https://nvd.nist.gov/vuln/detail/${id}`,
    fix_available: fixed !== '',
    fix_version: fixed || null,
    component_name: component,
    component_version: version,
    file_path: target,
    unique_id_from_tool: null,
    vuln_id_from_tool: id,
    tags: exploitedSince === undefined ? ['dependency'] : ['dependency', 'kev'],
  }
}

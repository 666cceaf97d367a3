import { type Variable, variables } from '../src/config/schema.js'
import { variableGroups } from '../src/config/variable.js'
import { roleTokenVariable } from '../src/config/variables/access.js'
import { tools } from '../src/tools/index.js'

/** A variable as the documentation shows it. */
interface Documented {
  readonly name: string
  readonly group: string
  readonly description: string
  readonly defaultText: string | null
  readonly example: string | null
  readonly required: boolean
  readonly secret: boolean
  readonly reference: boolean
}

const documented = (variable: Variable): Documented => ({
  name: variable.name,
  group: variable.group,
  description: variable.description,
  defaultText:
    variable.defaultValue === undefined || Array.isArray(variable.defaultValue)
      ? null
      : String(variable.defaultValue),
  example: variable.example ?? null,
  required: variable.required ?? false,
  secret: variable.secret ?? false,
  reference: variable.reference ?? false,
})

const all: readonly Documented[] = [
  ...variables.map(documented),
  { ...roleTokenVariable, defaultText: null, required: false },
]

/** The groups in their order, each with its variables: what has to be set first, then the schema's order. */
const grouped: readonly (readonly [group: string, members: readonly Documented[]])[] =
  variableGroups.map((group) => [
    group,
    all.filter((variable) => variable.group === group).sort((a, b) => rank(a) - rank(b)),
  ])

function rank({ name, required }: Documented): number {
  if (required) return 0
  return name === roleTokenVariable.name ? 1 : 2
}

/** `.env.example`: every variable with its default; only what is needed is not commented out. */
export function envExample(): string {
  const groups = grouped.map(([group, members]) =>
    [`# ---- ${group} ${'-'.repeat(70 - group.length)}`, ...members.map(exampleEntry)].join('\n\n'),
  )
  return `${[envHeader, ...groups].join('\n\n')}\n`
}

const envHeader = `# Settings of mcp-defectdojo. Copy this file to .env in the directory the service is started in, and keep it to yourself
# (chmod 600 .env). What is already set in the environment wins. Values with a # in them need quotes.
# Made from src/config by 'npm run docs'; do not edit by hand.`

function exampleEntry(variable: Documented): string {
  const { name, description, defaultText, example, required } = variable
  const assignment =
    name === roleTokenVariable.name ? (example ?? '') : `${name}=${example ?? defaultText ?? ''}`
  return `# ${description.replaceAll('`', '')}\n${required ? '' : '# '}${assignment}`
}

/** The README's table of variables. */
export function configurationTable(): string {
  const sections = grouped.map(([group, members]) =>
    [
      `**${group}**`,
      '',
      '| variable | default | |',
      '| --- | --- | --- |',
      ...members.map(row),
    ].join('\n'),
  )
  return [
    ...sections,
    '⁺ not known to the reference server. Secrets are never shown, and are removed from everything the service writes.',
  ].join('\n\n')
}

function row({ name, description, defaultText, required, secret, reference }: Documented): string {
  const value = required ? '**needed**' : defaultText === null ? '–' : `\`${defaultText}\``
  const shown = secret ? `${value} (secret)` : value
  return `| \`${name}\`${reference ? '' : ' ⁺'} | ${shown} | ${description.replaceAll('|', '\\|')} |`
}

/** The README's table of tools. */
export function toolTable(): string {
  return [
    '| tool | what it does | permission | effect |',
    '| --- | --- | --- | --- |',
    ...tools.map(
      ({ name, title, permission, effect }) =>
        `| \`${name}\` | ${title} | \`${permission}\` | ${effect} |`,
    ),
  ].join('\n')
}

/**
 * The README with its generated parts renewed.
 *
 * @throws Error if a pair of markers is missing
 */
export const renewReadme = (readme: string): string =>
  renew(renew(readme, 'config', configurationTable()), 'tools', toolTable())

function renew(text: string, part: string, content: string): string {
  const [begin, end] = [`<!-- ${part}:begin -->`, `<!-- ${part}:end -->`]
  const [from, to] = [text.indexOf(begin), text.indexOf(end)]
  if (from === -1 || to < from) throw new Error(`README.md has no ${begin} … ${end}`)
  return `${text.slice(0, from + begin.length)}\n${content}\n${text.slice(to)}`
}

import { openAccessCaller, tokenCaller } from '../src/access/caller.js'
import { type Role, roles } from '../src/access/permissions.js'
import { annotations, type Tool } from '../src/tools/define-tool.js'
import { tools } from '../src/tools/index.js'
import { readOptions, UsageError, withUsage } from './options.js'

const formats = ['table', 'json', 'markdown'] as const
type Format = (typeof formats)[number]

/** `mcp-defectdojo tools`: the tools a role may use, from the same list the service serves. */
export function runTools(argv: string[]): Promise<number> {
  return withUsage('tools', async () => {
    const { role, format } = readOptions(argv, {
      role: { type: 'string' },
      format: { type: 'string' },
    })
    const caller =
      role === undefined
        ? openAccessCaller()
        : tokenCaller('tools', oneOf<Role>('--role', role, roles))
    const listed = tools.filter((tool) => caller.permissions.has(tool.permission))
    const render = renderers[oneOf<Format>('--format', format ?? 'table', formats)]
    process.stdout.write(`${render(listed)}\n`)
    return 0
  })
}

function oneOf<T extends string>(name: string, value: string, allowed: readonly T[]): T {
  const found = allowed.find((candidate) => candidate === value)
  if (found !== undefined) return found
  throw new UsageError(`${name} must be one of ${allowed.join(', ')}, got '${value}'`)
}

const renderers: Record<Format, (listed: readonly Tool[]) => string> = {
  json: (listed) =>
    JSON.stringify(
      listed.map((tool) => ({
        name: tool.name,
        title: tool.title,
        description: tool.description,
        permission: tool.permission,
        inputSchema: tool.input.schema,
        annotations: annotations(tool),
      })),
      null,
      2,
    ),
  markdown: (listed) =>
    [
      '| tool | what it does | permission | effect |',
      '| --- | --- | --- | --- |',
      ...listed.map(
        ({ name, title, permission, effect }) =>
          `| \`${name}\` | ${title} | \`${permission}\` | ${effect} |`,
      ),
    ].join('\n'),
  table: (listed) => {
    const rows = listed.map(({ name, permission, effect, title }) => [
      name,
      permission,
      effect,
      title,
    ])
    const widths = [0, 1, 2].map((column) =>
      Math.max(...rows.map((row) => (row[column] ?? '').length)),
    )
    return [
      ...rows.map((row) =>
        row
          .map((cell, column) => cell.padEnd(widths[column] ?? 0))
          .join('  ')
          .trimEnd(),
      ),
      `${listed.length} tools`,
    ].join('\n')
  },
}

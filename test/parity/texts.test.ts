import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { rolePermissions, roles } from '../../src/access/permissions.js'
import { maxScanFileBytes } from '../../src/guard/scan-file-fields.js'
import { tools } from '../../src/tools/index.js'
import { type ToolName, toolNames } from '../../src/tools/tool-names.js'
import { buildTestApp } from '../helpers/test-app.js'
import { ask, validArguments } from './ask.js'

/** What a caller gives besides valid arguments, and the refusal it must read, byte for byte. */
type Case = readonly [tool: ToolName, changes: Record<string, unknown>, text: string]

const words = "['Critical', 'High', 'Info', 'Low', 'Medium']"
const withTool = (names: readonly ToolName[], make: (tool: ToolName) => readonly Case[]): Case[] =>
  names.flatMap((name) => [...make(name)])

/** Behaviour spec §1.1: ids, wherever a tool takes one. */
const idCases: Case[] = tools.flatMap(({ name, input }) =>
  Object.entries(input.schema.properties as Record<string, { minimum?: number; type: string }>)
    .filter(([, { type, minimum }]) => type === 'integer' && minimum === 1)
    .filter(([field]) => field !== 'limit')
    .flatMap(([field]): Case[] => [
      [name as ToolName, { [field]: 0 }, `${field} must be > 0, got 0`],
      [name as ToolName, { [field]: -7 }, `${field} must be > 0, got -7`],
    ]),
)

const lists: ToolName[] = [
  'list_products',
  'list_product_types',
  'list_engagements',
  'list_tests',
  'list_test_types',
  'list_findings',
]
const pageCases = withTool(lists, (tool) => [
  [tool, { limit: 0 }, 'limit must be between 1 and 100, got 0'],
  [tool, { limit: 101 }, 'limit must be between 1 and 100, got 101'],
  [tool, { offset: -1 }, 'offset must be >= 0, got -1'],
])

const imports: ToolName[] = ['import_scan', 'reimport_scan']
const severityCases: Case[] = [
  ...withTool(['list_findings', 'create_finding', 'update_finding'], (tool) => [
    [tool, { severity: 'critical' }, `severity must be one of ${words}, got 'critical'`],
    [tool, { severity: '' }, `severity must be one of ${words}, got ''`],
  ]),
  ...withTool(imports, (tool) => [
    [tool, { minimum_severity: 'high' }, `minimum_severity must be one of ${words}, got 'high'`],
  ]),
]

/** Behaviour spec §1.1, "Length limits". */
const lengths: readonly (readonly [tools: ToolName[], field: string, max: number])[] = [
  [['create_product', 'create_engagement'], 'name', 200],
  [['create_product', 'create_finding', 'update_finding'], 'description', 10_000],
  [['create_finding', 'update_finding'], 'title', 200],
  [['close_finding', 'reopen_finding'], 'note', 10_000],
  [['add_finding_note'], 'entry', 10_000],
  [imports, 'scan_type', 200],
  [imports, 'file_name', 255],
  [imports, 'version', 100],
  [imports, 'branch_tag', 200],
  [imports, 'commit_hash', 64],
  [imports, 'build_id', 200],
  [imports, 'group_by', 200],
  [imports, 'product_name', 200],
  [imports, 'engagement_name', 200],
  [imports, 'product_type_name', 200],
]
const tooLong = (field: string, max: number, length: number): string =>
  `${field} exceeds maximum length of ${max} characters (got ${length})`
const lengthCases: Case[] = [
  ...lengths.flatMap(([names, field, max]) =>
    withTool(names, (tool) => [
      [tool, { [field]: 'x'.repeat(max + 1) }, tooLong(field, max, max + 1)],
      // Code points, not UTF-16 units.
      [tool, { [field]: '😀'.repeat(max + 2) }, tooLong(field, max, max + 2)],
    ]),
  ),
  ...withTool(['add_finding_tags', ...imports], (tool) => [
    [tool, { tags: ['ok', 'x'.repeat(201)] }, tooLong('tag', 200, 201)],
  ]),
]

const dateCases = withTool(['create_engagement', 'create_test'], (tool) =>
  ['target_start', 'target_end'].flatMap((field) =>
    // decisions, "coercion": dates only YYYY-MM-DD, so that the reference's 20260101 and 2026-W01-1 are refused too.
    ['2026-1-1', '2026-01-01T00:00:00', '2026-02-30', '', '20260101', '2026-W01-1'].map(
      (date): Case => [
        tool,
        { [field]: date },
        `${field} must be a valid YYYY-MM-DD date, got '${date}'`,
      ],
    ),
  ),
)

/** Behaviour spec §1.3, tools 16 to 24. */
const toolCases: Case[] = [
  [
    'update_finding',
    { severity: null },
    'No fields to update. Specify at least one field to change.',
  ],
  [
    'update_finding',
    { active: true, is_mitigated: true },
    'Cannot set active=true and is_mitigated=true in the same request',
  ],
  [
    'update_finding',
    { verified: true, active: false },
    'Cannot set verified=true on an inactive finding (active=false)',
  ],
  [
    'close_finding',
    { reason: 'fixed' },
    "reason must be one of ['duplicate', 'false_positive', 'mitigated', 'out_of_scope'], got 'fixed'",
  ],
  ['add_finding_tags', { tags: [] }, 'tags must be a non-empty list'],
  ['remove_finding_tags', { tags: [] }, 'tags must be a non-empty list'],
  ...withTool(imports, (tool): Case[] => [
    [tool, { scan_type: '' }, 'scan_type must not be empty'],
    [tool, { scan_type: ' \t ' }, 'scan_type must not be empty'],
    [tool, { file_name: '' }, 'file_name must not be empty'],
    [tool, { file_name: '   ' }, 'file_name must not be empty'],
    [tool, { file: '' }, 'file must not be empty'],
    ...['***', 'e30', 'e3 0=', 'e30=\n', '-_-_'].map(
      (file): Case => [tool, { file }, 'file must be valid base64-encoded data'],
    ),
  ]),
]

t.test('arguments are refused in the words of §1.1 and §1.3', async (t) => {
  const { app, tokens, sandbox, calls } = await buildTestApp(t)
  const cases = [
    ...idCases,
    ...pageCases,
    ...severityCases,
    ...lengthCases,
    ...dateCases,
    ...toolCases,
  ]

  for (const [tool, changes, text] of cases) {
    const reply = await ask(app, tokens.admin, tool, { ...validArguments[tool], ...changes })
    const record = calls().at(-1)
    if (!reply.isError || reply.text !== text || reply.result !== undefined) {
      t.equal(reply.text, text, `${tool} ${JSON.stringify(changes).slice(0, 60)}`)
    }
    if (record?.outcome !== 'invalid' || record.error !== text) t.match(record, { error: text })
  }

  t.comment(`${cases.length} refusals`)
  t.ok(idCases.length >= 2 * 20 && cases.length > 150, 'the tables are not empty')
  t.equal(sandbox.requests.length, 0, 'nothing reached DefectDojo')
})

t.test('the arguments that the refusals vary are valid', async (t) => {
  for (const { name, input, check } of tools) {
    const bound = input.bind(validArguments[name as ToolName])
    check?.(bound)
    input.screen(bound)
  }
  t.same(Object.keys(validArguments), toolNames)
  for (const [name, field] of [
    ['create_finding', 'severity'],
    ['list_findings', 'severity'],
    ['import_scan', 'minimum_severity'],
    ['reimport_scan', 'minimum_severity'],
  ] as const) {
    const tool = tools.find((one) => one.name === name)
    for (const severity of ['Critical', 'High', 'Medium', 'Low', 'Info']) {
      t.match(tool?.input.bind({ ...validArguments[name], [field]: severity }), {
        [field]: severity,
      })
    }
  }
})

t.test('a report of one byte too much is refused in the words of §1.3', async (t) => {
  const tool = tools.find(({ name }) => name === 'import_scan')
  const file = Buffer.alloc(52_428_801).toString('base64')

  t.throws(() => tool?.input.bind({ ...validArguments.import_scan, file }), {
    message: 'file exceeds maximum size of 52428800 bytes',
  })
  t.equal(maxScanFileBytes, 52_428_800)
})

t.test('a tool of another role is as unknown as one that does not exist (§3.3)', async (t) => {
  const { app, tokens, calls } = await buildTestApp(t)
  const hidden = roles.flatMap((role) =>
    tools
      .filter(({ permission }) => !rolePermissions[role].has(permission))
      .map(({ name }) => [role, name] as const),
  )
  const unknown = roles.map((role) => [role, 'delete_everything'] as const)

  for (const [role, name] of [...hidden, ...unknown]) {
    const reply = await ask(app, tokens[role], name, validArguments[name as ToolName])
    t.equal(reply.text, `Unknown tool: '${name}'`)
    // decisions, "unknown or hidden tool": the same isError result, and audited as denied.
    t.match([reply.isError, calls().at(-1)?.outcome], [true, 'denied'])
  }
  t.equal(hidden.length, 12 + 10 + 1)
})

t.test('the rate limiter refuses in the words of §4', async (t) => {
  const env = { MUTATION_RATE_LIMIT: '1', MUTATION_RATE_WINDOW: '90' }
  const { app, tokens } = await buildTestApp(t, { env })

  await ask(app, tokens.writer, 'add_finding_note', validArguments.add_finding_note)
  const reply = await ask(app, tokens.writer, 'close_finding', validArguments.close_finding)

  const seconds = reply.retryAfterSeconds ?? 0
  t.equal(reply.text, `Rate limit exceeded: 1 mutations per 90s. Retry-After: ${String(seconds)}s.`)
  t.ok(Number.isInteger(seconds) && seconds >= 1 && seconds <= 90, `${seconds} seconds`)
})

t.test('a request without a valid token is challenged as §3.4 says', async (t) => {
  const { app } = await buildTestApp(t)

  for (const authorization of [undefined, 'Bearer no-such-token', 'Basic eDp5']) {
    const response = await app.inject({
      method: 'POST',
      url: '/mcp',
      headers: {
        host: '127.0.0.1',
        'content-type': 'application/json',
        ...(authorization !== undefined && { authorization }),
      },
      payload: '{}',
    })
    const { error, error_description: description, ...rest } = response.json()
    t.equal(response.statusCode, 401)
    t.match(response.headers['content-type'], /^application\/json/)
    t.same([error, rest], ['invalid_token', {}])
    t.match(description, /^Authentication failed\./)
    t.equal(
      response.headers['www-authenticate'],
      `Bearer error="invalid_token", error_description="${description}"`,
    )
  }
})

t.test('the README of this folder names files that exist', async (t) => {
  const text = readFileSync(join(import.meta.dirname, 'README.md'), 'utf8')
  const files = new Set(text.match(/[\w-]+\/[\w-]+(?:\.test)?\.ts/g))

  t.ok(files.size > 30)
  for (const file of files) t.ok(existsSync(join(import.meta.dirname, '..', file)), file)
})

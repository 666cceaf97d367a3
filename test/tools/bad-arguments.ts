import { toolNamed } from './tool-bench.js'

export interface PropertySchema {
  readonly type: 'integer' | 'boolean' | 'string' | 'array'
  readonly description?: string
  readonly minimum?: number
  readonly maximum?: number
  readonly maxLength?: number
  readonly enum?: readonly string[]
  readonly format?: string
  readonly contentEncoding?: string
  readonly default?: unknown
}
export type Properties = Record<string, PropertySchema>

export const propertiesOf = (tool: string) => toolNamed(tool).input.schema.properties as Properties
export const requiredOf = (tool: string) =>
  (toolNamed(tool).input.schema.required ?? []) as string[]

const sampleValues: Record<string, unknown> = {
  severity: 'High',
  reason: 'mitigated',
  file_name: 'report.sarif',
  scan_type: 'SARIF',
  tags: ['checked'],
}

/** Arguments that pass every check of a tool. */
export function goodArguments(tool: string): Record<string, unknown> {
  const given = requiredOf(tool).map((field) => {
    const { type, format } = propertiesOf(tool)[field] ?? {}
    const plain = type === 'integer' ? 1 : format === 'date' ? '2026-01-01' : 'some text'
    return [field, sampleValues[field] ?? plain]
  })
  const extra = tool.endsWith('import_scan') ? { content: '{}' } : {}
  return { ...Object.fromEntries(given), ...extra }
}

/** Values that a property of this kind must refuse. */
export function badValues(field: string, schema: PropertySchema): unknown[] {
  const object = { a: 1 }
  if (schema.type === 'integer') {
    const bounds = [(schema.minimum ?? 0) - 1, (schema.maximum ?? 0) + 1, 1e300]
    return ['ten', '', '1e3', 1.5, true, [], object, ...bounds]
  }
  if (schema.type === 'boolean') return ['maybe', '', 2, -1, [], object]
  if (schema.type === 'array') {
    return ['a,b', 7, object, [1], [null], [['a']], Array(101).fill('a'), ['x'.repeat(256)], ['\0']]
  }
  const wrong: unknown[] = [7, true, [], object]
  if (field === 'file') return [...wrong, '', '***', 'YQ', 'A'.repeat((schema.maxLength ?? 0) + 4)]
  if (field === 'content') return [...wrong, '', 'x'.repeat((schema.maxLength ?? 0) + 1)]
  const text = [...wrong, 'a\0b', '\ud800', 'x'.repeat((schema.maxLength ?? 10) + 1)]
  return schema.enum || schema.format === 'date' ? [...text, '', 'Nope', 'high '] : text
}

/** Texts that someone with bad intent tries wherever text is taken. */
export const hostileTexts: readonly string[] = [
  '../../../../etc/passwd',
  '/api/v2/users/1/?limit=1',
  '1/notes/',
  "1' OR '1'='1'; DROP TABLE dojo_finding; --",
  '<script>alert(1)</script>',
  '{{7*7}}',
  '__proto__',
  'constructor',
  'NaN',
  '0x1F',
  '1\u2028DELETE /\u2029',
  'a\r\nX-Injected: 1',
  '\u001b[2J\u0007\u009b31m',
  '\u202egnp.exe\u200b\ufeff',
  [...'ignore'].map((letter) => String.fromCodePoint(0xe0000 + letter.charCodeAt(0))).join(''),
  '１２',
  '9'.repeat(400),
]

/** Values of no agreed type, for any property. */
export const hostileShapes: readonly unknown[] = [
  { constructor: { prototype: { polluted: true } } },
  { toString: 1, valueOf: 1, length: 5 },
  { $ne: null },
  [[[[[[[[['deep']]]]]]]]],
  [{ a: 'x'.repeat(5000) }],
  1e308,
  -1e308,
  9_007_199_254_740_994,
  5e-324,
]

/** The hostile values that a property of this kind must refuse; what is left is text like any other. */
export function hostileValues(field: string, schema: PropertySchema): unknown[] {
  const closed = schema.type !== 'string' || schema.enum || schema.format === 'date'
  const isBase64 = (text: string) => Buffer.from(text, 'base64').toString('base64') === text
  const texts = field === 'file' ? hostileTexts.filter((text) => !isBase64(text)) : hostileTexts
  return [...hostileShapes, ...(closed || field === 'file' ? texts : [])]
}

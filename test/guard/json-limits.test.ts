import fc from 'fast-check'
import t from 'tap'
import { checkJsonText, parseJsonText } from '../../src/guard/json-limits.js'

const seed = 64_001

t.test('ordinary JSON passes', async (t) => {
  const texts = [
    '{}',
    '[]',
    ' {"a": [1, -0.5e+3, true, false, null, "x\\"y\\\\"], "b": {"a": {}}}\r\n\t',
    '"text"',
    '0',
    JSON.stringify({ quote: '"', backslash: '\\', both: '\\"', nul: '\0', unicode: '\u2028é😀' }),
    `${'['.repeat(64)}${']'.repeat(64)}`,
    JSON.stringify(Array.from({ length: 19_999 }, (_, index) => index)),
  ]

  for (const text of texts) {
    t.equal(checkJsonText(text), null, text.slice(0, 60))
    t.strictSame(parseJsonText(text), { value: JSON.parse(text) })
  }
})

t.test('a text that two readers could understand differently is refused', async (t) => {
  const refused: readonly [text: string, problem: string][] = [
    ['{"method": 1, "method": 2}', 'a duplicate key at position 14'],
    ['{"method": 1, "\\u006dethod": 2}', 'a duplicate key at position 14'],
    ['[{"a": {"b": 1, "c": [], "\\u0062": 1}}]', 'a duplicate key at position 25'],
    ['{"name": 1, "Name": 2}', 'a duplicate key at position 12'],
    ['{"ｎame": 1, "NAME": 2}', 'a duplicate key at position 12'],
    ['{"__proto__": 1}', 'the key __proto__ at position 1'],
    ['{"\\u005f_proto__": 1}', 'the key __proto__ at position 1'],
    ['{"a\\u0000": 1}', 'a NUL character in the key at position 1'],
    ['{"a\0": 1}', 'a NUL character in the key at position 1'],
    ['{"a\\x": 1}', 'the key at position 1 is not a JSON string'],
    ['\ufeff{}', 'the text begins with a byte order mark'],
    ['{}\0', 'there is more text after the value at position 2'],
    ['{} {}', 'there is more text after the value at position 3'],
    ['\0{}', 'expected a value at position 0'],
    ['', 'the text ends too early'],
    ['{"a": 1', 'the text ends too early'],
    ['{"a', 'the string at position 1 does not end'],
    ['"\\"', 'the string at position 0 does not end'],
    ['[1,]', 'expected a value at position 3'],
    ['[1 2]', 'expected a comma or the end of the list or object at position 3'],
    ['{"a": 1}}', 'there is more text after the value at position 8'],
    ['{a: 1}', 'expected a key in double quotes at position 1'],
    ['{"a" 1}', 'expected a colon at position 5'],
    ["['a']", 'expected a value at position 1'],
    ['01', 'there is more text after the value at position 1'],
    ['NaN', 'expected a value at position 0'],
    ['{"a": 1 /* b */}', 'expected a comma or the end of the list or object at position 8'],
  ]

  for (const [text, problem] of refused)
    t.strictSame(parseJsonText(text), { problem }, JSON.stringify(text))
  t.match(parseJsonText('"a\nb"'), { problem: /control character/ })
  t.match(parseJsonText('"\\x"'), { problem: /escape/ })
})

t.test('depth and number of values are limited', async (t) => {
  t.equal(checkJsonText('['.repeat(65)), 'nested more than 64 levels deep')
  t.equal(checkJsonText(`${'{"a":'.repeat(65)}1`), 'nested more than 64 levels deep')
  t.equal(checkJsonText('['.repeat(100_000)), 'nested more than 64 levels deep')
  t.equal(checkJsonText(`[${'0,'.repeat(19_999)}0]`), 'more than 20000 values')
  t.equal(checkJsonText('[1, 2]', { maxDepth: 1, maxElements: 2 }), 'more than 2 values')
  t.equal(
    checkJsonText('[1, [2]]', { maxDepth: 1, maxElements: 9 }),
    'nested more than 1 levels deep',
  )
})

t.test('whatever JSON writes is read, and whatever JSON refuses is refused', async (t) => {
  t.comment(`seed ${seed}`)
  const json = fc
    .anything({
      maxDepth: 5,
      key: fc.string().map((key) => key.toLowerCase()),
      values: [fc.string(), fc.double(), fc.integer(), fc.boolean(), fc.constant(null)],
    })
    .map((value) => JSON.stringify(value))
    .filter((text) => !text.includes('__proto__'))
  const snippet = fc.constantFrom(
    '"',
    '\\',
    '{',
    '}',
    '[',
    ']',
    ',',
    ':',
    '0',
    '-',
    'e',
    ' ',
    '\0',
    '\n',
    '\\u0022',
    'true',
  )
  const mutated = fc
    .tuple(json, fc.array(fc.tuple(fc.nat(), fc.nat(2), snippet), { minLength: 1, maxLength: 3 }))
    .map(([text, edits]) =>
      edits.reduce((changed, [at, removed, inserted]) => {
        const position = at % (changed.length + 1)
        return changed.slice(0, position) + inserted + changed.slice(position + removed)
      }, text),
    )
  let accepted = 0

  fc.assert(
    fc.property(json, (text) => {
      t.strictSame(parseJsonText(text), { value: JSON.parse(text) })
    }),
    { seed, numRuns: 200 },
  )
  fc.assert(
    fc.property(mutated, (text) => {
      const result = parseJsonText(text)
      let parsed: unknown
      try {
        parsed = JSON.parse(text)
      } catch {
        if ('value' in result) throw new Error('accepted what is no JSON')
        return
      }
      accepted += 1
      const mayBeRefused = 'problem' in result && /duplicate|NUL|__proto__/.test(result.problem)
      if (
        !mayBeRefused &&
        (!('value' in result) || JSON.stringify(result.value) !== JSON.stringify(parsed))
      ) {
        throw new Error('refused or read differently')
      }
    }),
    { seed, numRuns: 20_000 },
  )
  t.ok(accepted > 1_000, `${accepted} of the changed texts were still JSON`)
})

t.test(
  'a scan report of 64 MiB is passed over in a moment, and hostile texts take no longer',
  async (t) => {
    const report = `{"file": "${Buffer.alloc(2 ** 26, 'QUJD').toString('latin1')}", "scan_type": "x"}`
    const texts: Record<string, string> = {
      'one long string': report,
      'escaped quotes': `"${'\\"'.repeat(500_000)}"`,
      backslashes: `"${'\\\\'.repeat(500_000)}"`,
      'an open string': `"${'\\"'.repeat(500_000)}`,
      blanks: `${' '.repeat(1_000_000)}1`,
      digits: '1'.repeat(1_000_000),
    }

    for (const [name, text] of Object.entries(texts)) {
      const startedAt = process.cpuUsage().user
      checkJsonText(text)
      const milliseconds = (process.cpuUsage().user - startedAt) / 1_000

      t.ok(milliseconds < 250, `${name}: ${milliseconds.toFixed(0)} ms`)
    }
  },
)

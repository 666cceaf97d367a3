import { type RawHeader, rawRequest } from './raw-http.js'

/** What a request that can be read in two ways is made of. */
export interface Ingredients {
  /** Headers of a call that is carried out, without those that tell how long it is. */
  readonly headers: readonly RawHeader[]
  readonly body: string
  /** A whole request of its own, for a reader who takes it for one. */
  readonly hidden: string
}

/** `refused`: nothing of it may be carried out. `once`: there is one way to read it, and no second request in it. */
export type Expected = 'refused' | 'once'

export interface SmugglingCase {
  readonly what: string
  readonly expected: Expected
  text(ingredients: Ingredients): string
}

type Row = readonly [what: string, expected: Expected, text: SmugglingCase['text']]

const line = 'POST /mcp HTTP/1.1'
const chunked: RawHeader = ['Transfer-Encoding', 'chunked']
const length = (value: string | number): RawHeader => ['Content-Length', String(value)]
const hex = (text: string): string => text.length.toString(16)
const lastChunk = '0\r\n\r\n'
const inChunks = (text: string): string => `${hex(text)}\r\n${text}\r\n${lastChunk}`

/** A call with more headers in front of its end. */
const post = (
  { headers }: Ingredients,
  more: readonly RawHeader[],
  body: string,
  requestLine = line,
): string => rawRequest(requestLine, [...headers, ...more], body)

/** The same with a header line as it stands. */
function postRawLine({ headers }: Ingredients, rawLine: string, body: string): string {
  return `${rawRequest(line, headers).slice(0, -2)}${rawLine}\r\n\r\n${body}`
}

const lengths: readonly Row[] = [
  [
    'a length and chunks',
    'refused',
    (it) => post(it, [length(lastChunk.length + it.hidden.length), chunked], lastChunk + it.hidden),
  ],
  [
    'chunks and a length',
    'refused',
    (it) => post(it, [chunked, length(4)], inChunks(it.body) + it.hidden),
  ],
  [
    'a length and chunks that agree',
    'refused',
    (it) => post(it, [length(inChunks(it.body).length), chunked], inChunks(it.body)),
  ],
  [
    'two lengths, the shorter first',
    'refused',
    (it) =>
      post(
        it,
        [length(it.body.length), length(it.body.length + it.hidden.length)],
        it.body + it.hidden,
      ),
  ],
  [
    'two lengths, the longer first',
    'refused',
    (it) =>
      post(
        it,
        [length(it.body.length + it.hidden.length), length(it.body.length)],
        it.body + it.hidden,
      ),
  ],
  [
    'the same length twice',
    'refused',
    (it) => post(it, [length(it.body.length), length(it.body.length)], it.body),
  ],
  [
    'a length in other letters too',
    'refused',
    (it) => post(it, [length(it.body.length), ['content-length', '0']], it.body),
  ],
  [
    'a length with an underscore too',
    'once',
    (it) =>
      post(
        it,
        [length(it.body.length + it.hidden.length), ['Content_Length', '0']],
        it.body + it.hidden,
      ),
  ],
  [
    'a length of 19 digits',
    'once',
    (it) => post(it, [length('9'.repeat(19))], it.body + it.hidden),
  ],
  ...['Content-Length ', 'Content-Length\t', ' Content-Length'].map(
    (name): Row => [
      `a blank about the name of a length: ${JSON.stringify(name)}`,
      'refused',
      (it) => post(it, [[name, String(it.body.length)]], it.body + it.hidden),
    ],
  ),
  ...[
    ...[
      '+N',
      '-N',
      '0xN',
      'N N',
      'N, N',
      'N,',
      'Nabc',
      '1eN',
      'N.0',
      'N;',
      '"N"',
      '',
      '\x0bN',
      'N\x0b',
    ],
    ...['N\0', '0x', '9'.repeat(30), '-0', '\xb2'],
  ].map(
    (value): Row => [
      `the length ${JSON.stringify(value)}`,
      'refused',
      (it) =>
        post(it, [length(value.replaceAll('N', String(it.body.length)))], it.body + it.hidden),
    ],
  ),
]

const codings: readonly Row[] = [
  ...[
    ...['xchunked', 'chunked, identity', 'chunked, gzip', 'chunkedx', '"chunked"', 'chunked;a=b'],
    ...[
      '\x0bchunked',
      'chunked\x0b',
      'chunked\0',
      'identity',
      'chunk',
      'cow',
      'chunked, xchunked',
      '',
    ],
  ].map(
    (value): Row => [
      `the coding ${JSON.stringify(value)}`,
      'refused',
      (it) => post(it, [['Transfer-Encoding', value]], inChunks(it.body) + it.hidden),
    ],
  ),
  ...['CHUNKED', '  chunked\t'].map(
    (value): Row => [
      `the coding ${JSON.stringify(value)}`,
      'once',
      (it) => post(it, [['Transfer-Encoding', value]], inChunks(it.body)),
    ],
  ),
  ...['gzip, chunked', 'identity, chunked', 'chunked, chunked', 'chunked,', ',chunked'].map(
    (value): Row => [
      `the coding ${JSON.stringify(value)}`,
      'once',
      (it) => post(it, [['Transfer-Encoding', value]], inChunks(it.body + it.hidden)),
    ],
  ),
  ...[
    'Transfer-Encoding ',
    'Transfer-Encoding\t',
    ' Transfer-Encoding',
    '\x0bTransfer-Encoding',
  ].map(
    (name): Row => [
      `a blank about the name of a coding: ${JSON.stringify(name)}`,
      'refused',
      (it) => post(it, [[name, 'chunked'], length(it.body.length)], it.body + it.hidden),
    ],
  ),
  [
    'a coding with an underscore',
    'once',
    (it) =>
      post(
        it,
        [['Transfer_Encoding', 'chunked'], length(lastChunk.length + it.hidden.length)],
        lastChunk + it.hidden,
      ),
  ],
  ['chunked twice', 'once', (it) => post(it, [chunked, chunked], inChunks(it.body + it.hidden))],
  [
    'chunked, then identity',
    'refused',
    (it) => post(it, [chunked, ['Transfer-Encoding', 'identity']], inChunks(it.body) + it.hidden),
  ],
  [
    'identity, then chunked',
    'once',
    (it) => post(it, [['Transfer-Encoding', 'identity'], chunked], inChunks(it.body + it.hidden)),
  ],
  [
    'a folded coding',
    'refused',
    (it) => postRawLine(it, 'Transfer-Encoding:\r\n chunked', inChunks(it.body) + it.hidden),
  ],
  [
    'a coding behind a bare line feed',
    'refused',
    (it) =>
      post(
        it,
        [['X-A', 'a\nTransfer-Encoding: chunked'], length(lastChunk.length + it.hidden.length)],
        lastChunk + it.hidden,
      ),
  ],
  [
    'a coding behind a bare carriage return',
    'refused',
    (it) =>
      post(
        it,
        [['X-A', 'a\rTransfer-Encoding: chunked'], length(lastChunk.length + it.hidden.length)],
        lastChunk + it.hidden,
      ),
  ],
  [
    'chunks in HTTP/1.0',
    'once',
    (it) => post(it, [chunked], inChunks(it.body), 'POST /mcp HTTP/1.0'),
  ],
]

/** The body in one chunk whose size line is `size`, N being the size. */
const sized = (size: string, expected: Expected): Row => [
  `the size of a chunk as ${JSON.stringify(size.length > 40 ? `${size.slice(0, 40)}…` : size)}`,
  expected,
  (it) =>
    post(it, [chunked], `${size.replaceAll('N', hex(it.body))}\r\n${it.body}\r\n${lastChunk}`) +
    (expected === 'refused' ? it.hidden : ''),
]

const chunks: readonly Row[] = [
  ...[
    '+N',
    '-N',
    '0xN',
    ' N',
    '\tN',
    'N N',
    'N,',
    'zz',
    '',
    'N\0',
    'N\x0b',
    'N;a\0',
    '"N"',
    'N\n',
  ].map((size) => sized(size, 'refused')),
  ...['f'.repeat(17), `${'0'.repeat(40)}N\n`, 'N\r', 'N;a\n', 'N;a\rb', 'N;\n'].map((size) =>
    sized(size, 'refused'),
  ),
  ...['N;a', 'N;a=b;c="d"', 'N;a="b c"', `N;a=${'b'.repeat(4_000)}`].map((size) =>
    sized(size, 'once'),
  ),
  sized(`N;a=${'b'.repeat(20_000)}`, 'refused'),
  sized('f'.repeat(16), 'once'),
  [
    'an extension that ends in a bare line feed and hides a chunk',
    'refused',
    (it) => post(it, [chunked], `2;\nxx\r\n${hex(it.hidden)}\r\n${lastChunk}${it.hidden}`),
  ],
  [
    'a chunk that goes on behind its size',
    'refused',
    (it) => post(it, [chunked], `${hex(it.body)}\r\n${it.body}xx\r\n${lastChunk}${it.hidden}`),
  ],
  [
    'a chunk without an end of its own',
    'refused',
    (it) => post(it, [chunked], `${hex(it.body)}\r\n${it.body}${lastChunk}${it.hidden}`),
  ],
  [
    'a chunk that ends in a bare line feed',
    'refused',
    (it) => post(it, [chunked], `${hex(it.body)}\r\n${it.body}\n${lastChunk}${it.hidden}`),
  ],
  [
    'a last chunk with bare line feeds',
    'refused',
    (it) => post(it, [chunked], `${hex(it.body)}\r\n${it.body}\r\n0\n\n${it.hidden}`),
  ],
  [
    'a last chunk whose trailer ends in a bare line feed',
    'refused',
    (it) => post(it, [chunked], `${hex(it.body)}\r\n${it.body}\r\n0\r\nX-A: a\n\n${it.hidden}`),
  ],
  [
    'a NUL in a trailer',
    'refused',
    (it) => post(it, [chunked], `${hex(it.body)}\r\n${it.body}\r\n0\r\nX-A: a\0b\r\n\r\n`),
  ],
  [
    'trailers that would change everything',
    'once',
    (it) =>
      post(
        it,
        [chunked],
        `${hex(it.body)}\r\n${it.body}\r\n0\r\nAuthorization: Bearer other\r\nMcp-Name: create_product\r\nX-A: a\r\n\r\n`,
      ),
  ],
  [
    'too many trailers',
    'refused',
    (it) =>
      post(
        it,
        [chunked],
        `${hex(it.body)}\r\n${it.body}\r\n0\r\n${`X-A: ${'a'.repeat(1_000)}\r\n`.repeat(20)}\r\n`,
      ),
  ],
]

const withLength = (it: Ingredients): RawHeader => length(it.body.length)
const whole = (it: Ingredients): string => post(it, [withLength(it)], it.body)
const rawLines: readonly (readonly [string, string])[] = [
  ['a folded header', 'X-A: a\r\n b'],
  ['a folded header with a tab', 'X-A: a\r\n\tb'],
  ['a folded header of nothing', 'X-A:\r\n \r\n b'],
  ['NUL in a value', 'X-A: a\0b'],
  ['NUL in a name', 'X\0A: a'],
  ['a control character in a value', 'X-A: a\x01b'],
  ['DEL in a value', 'X-A: a\x7fb'],
  ['a bare carriage return in a value', 'X-A: a\rb'],
  ['a carriage return before the end of a line', 'X-A: a\r'],
  ['a bare line feed behind a value', 'X-A: a\nX-B: b'],
  ['no colon', 'X-A'],
  ['no name', ': a'],
  ['a blank in a name', 'X A: a'],
  ['a bracket in a name', 'X(A): a'],
  ['a name that is not ASCII', 'X-\xc4: a'],
  ['a NUL alone', '\0'],
  ['a carriage return alone', '\r'],
]
const targets: readonly (readonly [string, Expected, string])[] = [
  ['two blanks', 'once', 'POST  /mcp HTTP/1.1'],
  ['a tab', 'refused', 'POST\t/mcp HTTP/1.1'],
  ['a blank at the end', 'refused', 'POST /mcp HTTP/1.1 '],
  ['something behind the version', 'refused', 'POST /mcp HTTP/1.1 x'],
  ['a blank in the target', 'refused', 'POST /mcp /mcp HTTP/1.1'],
  ['small letters in the version', 'refused', 'POST /mcp http/1.1'],
  ['no version', 'refused', 'POST /mcp'],
  ...['1.2', '2.0', '3.0', '0.9', '1.10', '01.1', '1', '1,1', '+1.1', '1.1.1'].map(
    (version) => [`version ${version}`, 'refused', `POST /mcp HTTP/${version}`] as const,
  ),
  ['another protocol', 'refused', 'POST /mcp ICE/1.0'],
  ['NUL in the target', 'refused', 'POST /mcp\0 HTTP/1.1'],
  ['a line feed in the target', 'refused', 'POST /m\ncp HTTP/1.1'],
  ['a target that is not ASCII', 'refused', 'POST /mcp\xff HTTP/1.1'],
  ['a target without a slash', 'refused', 'POST mcp HTTP/1.1'],
  ['a method in small letters', 'refused', 'post /mcp HTTP/1.1'],
  ['a method that nobody knows', 'refused', 'SMUG /mcp HTTP/1.1'],
  ['a method with a bracket', 'refused', 'PO(ST /mcp HTTP/1.1'],
  ['CONNECT', 'refused', 'CONNECT /mcp HTTP/1.1'],
  ['the preface of HTTP/2', 'refused', 'PRI * HTTP/2.0'],
  ['the whole server as target', 'once', 'POST * HTTP/1.1'],
  ['a long target', 'refused', `POST /mcp?${'a'.repeat(20_000)} HTTP/1.1`],
  ['another server in the target', 'refused', 'POST http://evil.example/mcp HTTP/1.1'],
  ['this server in the target', 'once', 'POST http://127.0.0.1/mcp HTTP/1.1'],
  ['a user in the target', 'refused', 'POST http://a@127.0.0.1/mcp HTTP/1.1'],
  ['two slashes', 'once', 'POST //mcp HTTP/1.1'],
  ['a backslash', 'once', 'POST /\\mcp HTTP/1.1'],
  ['a fragment', 'once', 'POST /mcp#x HTTP/1.1'],
  ['an escaped letter', 'once', 'POST /%6dcp HTTP/1.1'],
  ['a way up', 'once', 'POST /x/../mcp HTTP/1.1'],
]

const heads: readonly Row[] = [
  ['bare line feeds', 'refused', (it) => whole(it).replaceAll('\r\n', '\n')],
  ['bare carriage returns', 'refused', (it) => whole(it).replaceAll('\r\n', '\r')],
  ['line feed and carriage return', 'refused', (it) => whole(it).replaceAll('\r\n', '\n\r')],
  ['a head that ends in line feeds', 'refused', (it) => whole(it).replace('\r\n\r\n', '\n\n')],
  ['a head that ends in one line feed', 'refused', (it) => whole(it).replace('\r\n\r\n', '\r\n\n')],
  ['a blank line first', 'once', (it) => `\r\n${whole(it)}`],
  ['a line feed first', 'once', (it) => `\n${whole(it)}`],
  ['a blank first', 'refused', (it) => ` ${whole(it)}`],
  ['a byte order mark first', 'refused', (it) => `\xef\xbb\xbf${whole(it)}`],
  ['the hello of TLS', 'refused', (it) => `\x16\x03\x01\x02\0\x01\0\x01\xfc\x03\x03${it.hidden}`],
  [
    'a blank before the first header',
    'refused',
    (it) => whole(it).replace('HTTP/1.1\r\n', 'HTTP/1.1\r\n '),
  ],
  ...rawLines.map(
    ([what, rawLine]): Row => [
      what,
      'refused',
      (it) => postRawLine(it, `${rawLine}\r\nContent-Length: ${it.body.length}`, it.body),
    ],
  ),
  ...targets.map(
    ([what, expected, requestLine]): Row => [
      what,
      expected,
      (it) => post(it, [withLength(it)], it.body, requestLine),
    ],
  ),
  [
    'one long header',
    'refused',
    (it) => post(it, [['X-A', 'a'.repeat(20_000)], withLength(it)], it.body),
  ],
  [
    'a long name',
    'refused',
    (it) => post(it, [['X'.repeat(20_000), 'a'], withLength(it)], it.body),
  ],
  [
    'long headers',
    'refused',
    (it) => post(it, [...Array(17).fill(['X-A', 'a'.repeat(1_000)]), withLength(it)], it.body),
  ],
  ...[101, 120, 2_100].map(
    (count): Row => [
      `${count} headers more`,
      'refused',
      (it) => post(it, [withLength(it), ...Array(count).fill(['X-A', 'a'])], it.body),
    ],
  ),
]

const repeated: readonly Row[] = [
  ...[
    'Host',
    'Authorization',
    'Content-Type',
    'MCP-Protocol-Version',
    'Mcp-Method',
    'Mcp-Name',
  ].flatMap((name): Row[] => [
    [
      `${name} twice`,
      'refused',
      (it) => post(it, [...it.headers.filter(([each]) => each === name), withLength(it)], it.body),
    ],
    [
      `${name} twice, different`,
      'refused',
      (it) => post(it, [[name.toLowerCase(), 'other'], withLength(it)], it.body),
    ],
  ]),
  ...['Mcp-Session-Id', 'Origin', 'Content-Encoding'].map(
    (name): Row => [
      `${name} twice`,
      'refused',
      (it) => post(it, [[name, 'identity'], [name, 'identity'], withLength(it)], it.body),
    ],
  ),
  ...[
    '127.0.0.1, evil.example',
    '127.0.0.1@evil.example',
    'evil.example#127.0.0.1',
    '127.0.0.1:80:80',
    '',
    '127.0.0.1\t127.0.0.1',
  ].map(
    (host): Row => [
      `the Host ${JSON.stringify(host)}`,
      'refused',
      (it) =>
        rawRequest(
          line,
          [['Host', host], ...it.headers.filter(([name]) => name !== 'Host'), withLength(it)],
          it.body,
        ),
    ],
  ),
  [
    'no Host',
    'refused',
    (it) =>
      rawRequest(
        line,
        [...it.headers.filter(([name]) => name !== 'Host'), withLength(it)],
        it.body,
      ),
  ],
]

/** A body that is not the endpoint's to read: what stands in it must never be taken for the next request. */
const unread = (
  what: string,
  requestLine: string,
  headers: (it: Ingredients) => readonly RawHeader[],
): Row[] => [
  [
    `a request behind ${what}`,
    'once',
    (it) => rawRequest(requestLine, [...headers(it), length(it.hidden.length)], it.hidden),
  ],
  [
    `a request in chunks behind ${what}`,
    'once',
    (it) => rawRequest(requestLine, [...headers(it), chunked], inChunks(it.hidden)),
  ],
]
const host: RawHeader = ['Host', '127.0.0.1']
const without = (it: Ingredients, name: string): RawHeader[] =>
  it.headers.filter(([each]) => each !== name)

const bodies: readonly Row[] = [
  ...unread('a call without a token', line, (it) => without(it, 'Authorization')),
  ...unread('a call with a bad token', line, (it) => [
    ...without(it, 'Authorization'),
    ['Authorization', 'Bearer nobody'],
  ]),
  ...unread('a call of another type', line, (it) => [
    ...without(it, 'Content-Type'),
    ['Content-Type', 'text/plain'],
  ]),
  ...unread('a call in another coding', line, (it) => [
    ...it.headers,
    ['Content-Encoding', 'gzip'],
  ]),
  ...unread('a foreign origin', line, (it) => [...it.headers, ['Origin', 'https://evil.example']]),
  ...unread('no address', 'POST /nowhere HTTP/1.1', (it) => it.headers),
  ...unread('an address that is none', 'POST /% HTTP/1.1', (it) => it.headers),
  ...unread('GET /health', 'GET /health HTTP/1.1', () => [host]),
  ...unread('HEAD /health', 'HEAD /health HTTP/1.1', () => [host]),
  ...unread('GET /mcp', 'GET /mcp HTTP/1.1', (it) => it.headers),
  ...unread('DELETE /mcp', 'DELETE /mcp HTTP/1.1', (it) => it.headers),
  ...unread('OPTIONS', 'OPTIONS /mcp HTTP/1.1', (it) => it.headers),
  ...unread('an expectation', line, (it) => [...it.headers, ['Expect', '100-continue']]),
  ...unread('an expectation without a token', line, (it) => [
    ...without(it, 'Authorization'),
    ['Expect', '100-continue'],
  ]),
  ...unread('another expectation', line, (it) => [...it.headers, ['Expect', 'nothing']]),
  ...unread('a change to WebSocket', line, (it) => [
    ...it.headers,
    ['Connection', 'Upgrade'],
    ['Upgrade', 'websocket'],
  ]),
  ...unread('a change to HTTP/2', line, (it) => [
    ...it.headers,
    ['Connection', 'Upgrade, HTTP2-Settings'],
    ['Upgrade', 'h2c'],
    ['HTTP2-Settings', 'AAMAAABkAARAAAAAAAIAAAAA'],
  ]),
  ...unread('Connection: Transfer-Encoding', line, (it) => [
    ...it.headers,
    ['Connection', 'keep-alive, Transfer-Encoding, Content-Length'],
  ]),
  [
    'a request behind a body that is too long',
    'once',
    (it) => post(it, [length(100_000_000)], `${' '.repeat(300_000)}${it.hidden}`),
  ],
]

/** Requests that two readers might cut in different places, or take for a request to somebody else. */
export const smugglingCases: readonly SmugglingCase[] = [
  ...lengths,
  ...codings,
  ...chunks,
  ...heads,
  ...repeated,
  ...bodies,
].map(([what, expected, text]) => ({ what, expected, text }))

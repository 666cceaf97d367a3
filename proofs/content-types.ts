/** What a body is said to be, once for every time the header is sent. */
export interface SaidType {
  readonly says: readonly string[]
  readonly encoding?: string
  /** True: another spelling of JSON in UTF-8, which has to be taken, and checked like any other. */
  readonly json?: boolean
}

const said = (...types: string[]): SaidType[] => types.map((type) => ({ says: [type] }))
const boundary = '----proof'

/** What a page may send anywhere without asking first (Fetch: a CORS-safelisted Content-Type), or nearly so. */
export const simpleTypes: readonly SaidType[] = [
  { says: [] },
  ...said(
    ...['', 'text/plain', 'TEXT/PLAIN', 'text/plain;charset=utf-8', 'text/plain; charset=UTF-8'],
    ...[
      'text/plain;application/json',
      'text/plain; application/json',
      'text/plain ;x=application/json',
    ],
    ...['text/plain;charset="application/json"', 'text/plain\tapplication/json', 'text/plain;'],
    ...['application/x-www-form-urlencoded', 'application/x-www-form-urlencoded; charset=utf-8'],
    ...['application/x-www-form-urlencoded;application/json', 'Application/X-WWW-Form-Urlencoded'],
    ...[`multipart/form-data; boundary=${boundary}`, 'multipart/form-data', 'MULTIPART/FORM-DATA'],
    ...['multipart/form-data; boundary=application/json', 'multipart/form-data;application/json'],
  ),
]

/** What is no JSON, whatever it looks like. */
export const otherTypes: readonly SaidType[] = [
  ...said(
    ...['application/jsonp', 'application/json5', 'application/x-json', 'application/json-rpc'],
    ...[
      'application/jsonrequest',
      'application/json-seq',
      'application/x-ndjson',
      'application/ndjson',
    ],
    ...['application/ld+json', 'application/vnd.api+json', 'application/reports+json', 'text/json'],
    ...['text/x-json', 'text/html', 'text/javascript', 'application/javascript', 'application/xml'],
    ...['application/csp-report', 'application/octet-stream', 'application/cbor', 'image/svg+xml'],
    ...[
      'json',
      'application',
      'application/',
      '/json',
      '*/*',
      'application/*',
      'application/json/x',
    ],
    ...[
      'application/json,text/plain',
      'text/plain,application/json',
      'application/json, application/json',
    ],
    ...[
      'application/json text/plain',
      'application /json',
      'application/ json',
      'application\\json',
    ],
    ...['"application/json"', "'application/json'", 'application/json%3bx', 'application%2fjson'],
    ...[
      'application/json\u00a0',
      '\u00a0application/json',
      'application/json\u00e9',
      'applicat\u00efon/json',
    ],
    ...[
      'application/json=',
      'application/json,',
      ',application/json',
      'xapplication/json',
      'application/jsonx',
    ],
    ...[
      'application/json; charset=utf-16',
      'application/json; charset=utf-16le',
      'application/json;charset=utf-7',
    ],
    ...[
      'application/json; charset=iso-8859-1',
      'application/json; charset="utf-32"',
      'application/json;charset=utf-8x',
    ],
    ...[
      'application/json; charset=utf-8; charset=utf-16',
      'application/json; charset=utf-16; charset=utf-8',
    ],
    ...[
      "application/json; charset='utf-8'",
      'application/json; CHARSET=UTF-16',
      'application/json; charset = utf-16',
    ],
  ),
  { says: ['application/json', 'application/json'] },
  { says: ['application/json', 'text/plain'] },
  { says: ['text/plain', 'application/json'] },
  { says: ['application/json'], encoding: 'gzip' },
  { says: ['application/json'], encoding: 'deflate' },
  { says: ['application/json'], encoding: 'br' },
  { says: ['application/json'], encoding: 'identity, gzip' },
  { says: ['application/json'], encoding: 'gzip, identity' },
  { says: ['application/json'], encoding: 'x-gzip' },
  { says: ['application/json'], encoding: '' },
]

/** JSON in UTF-8, however it is spelled. */
export const jsonTypes: readonly SaidType[] = [
  ...said(
    ...['application/json', 'Application/JSON', 'APPLICATION/JSON', ' \tapplication/json \t'],
    ...[
      'application/json;charset=utf-8',
      'application/json; charset=utf-8',
      'application/json; charset=UTF-8',
    ],
    ...[
      'application/json; charset="utf-8"',
      'application/json; Charset=Utf-8',
      'application/json ; charset=utf8',
    ],
    ...['application/json; profile=x', 'application/json; profile=x; charset=utf-8'],
  ),
  { says: ['application/json'], encoding: 'identity' },
].map((type) => ({ ...type, json: true }))

/** The same message as a form of a page would send it. */
export const formBodies = (json: string): readonly (readonly [what: string, body: string])[] => [
  ['as JSON', json],
  // What a form of type text/plain makes of a field whose name ends in the middle of a text.
  ['as a plain form', `${json.slice(0, -1)},"pad":"="}\r\n`],
  ['as an encoded form', `body=${encodeURIComponent(json)}`],
  [
    'as a form of parts',
    `--${boundary}\r\nContent-Disposition: form-data; name="body"\r\nContent-Type: application/json\r\n\r\n${json}\r\n--${boundary}--\r\n`,
  ],
]

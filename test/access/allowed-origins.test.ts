import t from 'tap'
import {
  checkAllowedHosts,
  checkAllowedOrigins,
  createOriginCheck,
  type OriginOptions,
} from '../../src/access/allowed-origins.js'

const setups = {
  /** Bound to loopback, with tokens. */
  local: { allowedHosts: [], allowedOrigins: [], bindHost: '127.0.0.1', authEnabled: true },
  /** Bound to everything, with tokens, no names given. */
  any: { allowedHosts: [], allowedOrigins: [], bindHost: '0.0.0.0', authEnabled: true },
  /** Bound to everything, without tokens. */
  open: { allowedHosts: [], allowedOrigins: [], bindHost: '0.0.0.0', authEnabled: false },
  /** Names given. */
  named: {
    allowedHosts: ['mcp.test', 'admin.test:8443', '[2001:db8::1]', 'Upper.Test'],
    allowedOrigins: [
      'https://console.test',
      'http://localhost:6274',
      'vscode-webview://abc-123',
      'https://[2001:db8::1]:8443',
    ],
    bindHost: '0.0.0.0',
    authEnabled: true,
  },
  star: {
    allowedHosts: ['*'],
    allowedOrigins: ['https://console.test'],
    bindHost: '127.0.0.1',
    authEnabled: false,
  },
} satisfies Record<string, OriginOptions>

type Row = [
  setup: keyof typeof setups,
  host: string | undefined,
  origin: string | undefined,
  result: 'in' | 400 | 403,
]

const rows: Row[] = [
  // Loopback: only names that can mean this machine.
  ['local', 'localhost', undefined, 'in'],
  ['local', 'localhost:8000', undefined, 'in'],
  ['local', 'LOCALHOST:8000', undefined, 'in'],
  ['local', 'localhost.', undefined, 'in'],
  ['local', '127.0.0.1:8000', undefined, 'in'],
  ['local', '127.8.9.10', undefined, 'in'],
  ['local', '[::1]:8000', undefined, 'in'],
  ['local', '[0:0:0:0:0:0:0:1]:8000', undefined, 'in'],
  ['local', 'evil.example', undefined, 403],
  ['local', 'localhost.evil.example', undefined, 403],
  ['local', 'localhost.evil.example:8000', undefined, 403],
  ['local', '127.0.0.1.evil.example', undefined, 403],
  ['local', '127.0.0.1.nip.io', undefined, 403],
  ['local', '0.0.0.0:8000', undefined, 403],
  ['local', '127.1', undefined, 403],
  ['local', '2130706433', undefined, 403],
  ['local', '0x7f.0.0.1', undefined, 403],
  ['local', '[::ffff:127.0.0.1]', undefined, 403],
  ['local', '[::2]', undefined, 403],
  ['local', '192.168.1.5', undefined, 403],
  // What is no host at all.
  ['local', undefined, undefined, 400],
  ['local', '', undefined, 400],
  ['local', ' localhost', undefined, 400],
  ['local', 'localhost ', undefined, 400],
  ['local', 'localhost, evil.example', undefined, 400],
  ['local', 'user@localhost', undefined, 400],
  ['local', 'evil.example@localhost', undefined, 400],
  ['local', 'localhost@evil.example', undefined, 400],
  ['local', 'localhost:', undefined, 400],
  ['local', 'localhost:0', undefined, 400],
  ['local', 'localhost:99999', undefined, 400],
  ['local', 'localhost:80:80', undefined, 400],
  ['local', 'localhost/', undefined, 400],
  ['local', 'localhost#', undefined, 400],
  ['local', 'localhost?x', undefined, 400],
  ['local', 'localhost\\evil', undefined, 400],
  ['local', 'loc%61lhost', undefined, 400],
  ['local', 'localhost..', undefined, 400],
  ['local', '.localhost', undefined, 400],
  ['local', '::1', undefined, 400],
  ['local', '[::1', undefined, 400],
  ['local', '[::g]', undefined, 400],
  ['local', '[::1%25eth0]', undefined, 400],
  ['local', 'löcalhost', undefined, 400],
  ['local', 'http://localhost', undefined, 400],
  ['any', undefined, undefined, 400],
  ['star', undefined, undefined, 400],
  ['star', 'a b', undefined, 400],
  // Names nobody restricted, and names without tokens.
  ['any', 'whatever.example:9', undefined, 'in'],
  ['any', '203.0.113.5', undefined, 'in'],
  ['any', 'whatever.example', 'https://whatever.example', 403],
  ['open', 'localhost:8000', undefined, 'in'],
  ['open', 'whatever.example', undefined, 403],
  ['open', '203.0.113.5:8000', undefined, 403],
  ['star', 'whatever.example', undefined, 'in'],
  // Names given.
  ['named', 'mcp.test', undefined, 'in'],
  ['named', 'mcp.test:443', undefined, 'in'],
  ['named', 'MCP.Test.', undefined, 'in'],
  ['named', 'upper.test', undefined, 'in'],
  ['named', 'admin.test:8443', undefined, 'in'],
  ['named', 'admin.test', undefined, 403],
  ['named', 'admin.test:443', undefined, 403],
  ['named', '[2001:DB8:0:0::1]:8000', undefined, 'in'],
  ['named', 'sub.mcp.test', undefined, 403],
  ['named', 'mcp.test.evil.example', undefined, 403],
  ['named', 'xmcp.test', undefined, 403],
  ['named', 'mcp', undefined, 403],
  ['named', 'localhost', undefined, 403],
  ['named', '127.0.0.1', undefined, 403],
  // Origins.
  ['named', 'mcp.test', 'https://console.test', 'in'],
  ['named', 'mcp.test', 'https://console.test:443', 'in'],
  ['named', 'mcp.test', 'HTTPS://CONSOLE.test', 'in'],
  ['named', 'mcp.test', 'https://console.test.', 'in'],
  ['named', 'mcp.test', 'http://localhost:6274', 'in'],
  ['named', 'mcp.test', 'vscode-webview://abc-123', 'in'],
  ['named', 'mcp.test', 'https://[2001:db8:0::1]:8443', 'in'],
  ['named', 'mcp.test', 'http://console.test', 403],
  ['named', 'mcp.test', 'https://console.test:8443', 403],
  ['named', 'mcp.test', 'http://localhost', 403],
  ['named', 'mcp.test', 'http://localhost:6275', 403],
  ['named', 'mcp.test', 'https://mcp.test', 403],
  ['named', 'mcp.test', 'https://evil.example', 403],
  ['named', 'mcp.test', 'https://console.test.evil.example', 403],
  ['named', 'mcp.test', 'https://evil-console.test', 403],
  ['named', 'mcp.test', 'https://console.test@evil.example', 403],
  ['named', 'mcp.test', 'https://evil.example@console.test', 403],
  ['named', 'mcp.test', 'https://console.test/', 403],
  ['named', 'mcp.test', 'https://console.test https://evil.example', 403],
  ['named', 'mcp.test', 'https://console.test, https://evil.example', 403],
  ['named', 'mcp.test', 'https://console.test\\.evil.example', 403],
  ['named', 'mcp.test', 'null', 403],
  ['named', 'mcp.test', '', 403],
  ['named', 'mcp.test', '*', 403],
  ['named', 'mcp.test', 'console.test', 403],
  ['named', 'mcp.test', 'file://', 403],
  ['named', 'evil.example', 'https://console.test', 403],
  ['local', 'localhost', 'http://localhost', 403],
  ['local', 'localhost', 'null', 403],
  ['star', 'evil.example', 'https://evil.example', 403],
  ['star', 'anything.example', 'https://console.test', 'in'],
]

t.test('Host and Origin are judged as the table says', async (t) => {
  t.ok(rows.length >= 60)
  for (const [setup, host, origin, expected] of rows) {
    const check = createOriginCheck(setups[setup])
    const refusal = check(host, origin)
    t.equal(refusal?.status ?? 'in', expected, `${setup}: Host ${host}, Origin ${origin}`)
    if (refusal !== null) t.match(refusal, { error: /^[a-z_]+$/, description: /^[\x20-\x7e]+\.$/ })
  }
})

t.test('every address a server can be bound to on this machine counts as loopback', async (t) => {
  for (const bindHost of ['localhost', '127.0.0.1', '127.0.0.2', '::1', '[::1]']) {
    const check = createOriginCheck({ ...setups.local, bindHost })
    t.equal(check('localhost:8000', undefined), null, bindHost)
    t.equal(check('evil.example', undefined)?.status, 403, bindHost)
  }
})

t.test('lists that cannot mean anything are refused at start', async (t) => {
  for (const entry of [
    'https://mcp.test',
    '*.mcp.test',
    'mcp.test/',
    'a@b',
    '::1',
    '',
    'mcp.test:x',
  ]) {
    t.match(checkAllowedHosts(['mcp.test', entry]), { got: entry })
  }
  for (const entry of [
    '*',
    'null',
    'mcp.test',
    'https://mcp.test/',
    'https://*.mcp.test',
    'https://a@b',
  ]) {
    t.match(checkAllowedOrigins(['https://mcp.test', entry]), { got: entry })
  }
  t.equal(checkAllowedHosts(['mcp.test', '[::1]:80', '*']), null)
  t.equal(checkAllowedOrigins(['https://mcp.test', 'http://[::1]:80']), null)
})

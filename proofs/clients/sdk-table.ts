import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { root } from '../run-command.js'
import { connectSdk1, connectSdk2, type Fetch } from './sdk-clients.js'
import type { KnownClient } from './try-clients.js'

/** The version that is installed. */
const installed = (name: string): string => {
  const file = join(root, 'node_modules/@modelcontextprotocol', name, 'package.json')
  return (JSON.parse(readFileSync(file, 'utf8')) as { version: string }).version
}

const sdk1 = `SDK ${installed('sdk')}`
const sdk2 = `SDK ${installed('client')}`

/** The clients of the TypeScript SDK, over streamable HTTP; `fetch` instead of Node's own. */
export const sdkClients = (fetch?: Fetch): readonly KnownClient[] => [
  {
    name: sdk1,
    caller: 'sdk_1',
    session: true,
    connect: (endpoint) => connectSdk1(endpoint, fetch),
  },
  {
    name: `${sdk2} auto`,
    caller: 'sdk_2_auto',
    session: false,
    connect: (endpoint) => connectSdk2('auto', endpoint, fetch),
  },
  {
    name: `${sdk2} pinned to 2026-07-28`,
    caller: 'sdk_2_pinned',
    session: false,
    connect: (endpoint) => connectSdk2({ pin: '2026-07-28' }, endpoint, fetch),
  },
  {
    name: `${sdk2} legacy`,
    caller: 'sdk_2_legacy',
    session: true,
    connect: (endpoint) => connectSdk2('legacy', endpoint, fetch),
  },
]

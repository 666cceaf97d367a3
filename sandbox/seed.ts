import { randomBytes } from 'node:crypto'
import { usualSla } from './defaults.js'
import { seedDemo } from './demo-seed/index.js'
import { seedRecorded } from './recorded-seed.js'
import { timestamp } from './rules/times.js'
import { scanTypes } from './scans/scan-types.js'
import { createStore, type Store } from './store.js'
import { systemSettings } from './system-settings.js'

/** The people of every seed, in the order of their ids: a superuser, a staff account, and two ordinary ones. */
const userNames = ['admin', 'staff', 'stranger', 'member'] as const

const firstTestTypes = [
  'API Test',
  'Static Check',
  'Pen Test',
  'Web Application Test',
  'Security Research',
  'Threat Modeling',
  'Manual Code Review',
  'Prowler',
]

const environments = [
  'Development',
  'Lab',
  'Pre-prod',
  'Production',
  'Staging',
  'Test',
  'User Acceptance Testing',
]

const toolTypes = [
  'SonarQube',
  'Bugcrowd API',
  'Cobalt.io',
  'EdgeScan',
  'Risk Recon API',
  'Vulners',
]

/** What a sandbox starts with: an organisation to look at, the state the recordings start from, or a server right after installation. */
export type SeedName = 'demo' | 'recorded' | 'empty'

/** The store of a new sandbox. */
export function seedStore(
  seed: SeedName,
  options: { now: () => Date; apiKey: string; deduplication: boolean },
): Store {
  const store = freshServer(options)
  if (seed === 'demo') seedDemo(store, options.now())
  if (seed === 'recorded') seedRecorded(store)
  return store
}

/** A server right after installation, with the four people. */
function freshServer(options: { now: () => Date; apiKey: string; deduplication: boolean }): Store {
  const store = createStore(options.now)
  const at = timestamp(options.now())
  for (const username of userNames) {
    store.users.insert({
      username,
      first_name: username === 'admin' ? 'Admin' : '',
      last_name: username === 'admin' ? 'User' : '',
      email: `${username}@example.com`,
      date_joined: at,
      last_login: null,
      is_active: true,
      is_staff: username === 'admin' || username === 'staff',
      is_superuser: username === 'admin',
      token: username === 'admin' ? options.apiKey : randomBytes(20).toString('hex'),
      password: null,
    })
  }
  for (const name of [...firstTestTypes, ...scanTypes]) store.testTypeNamed(name)
  for (const name of environments) store.environments.insert({ name })
  for (const name of toolTypes) store.toolTypes.insert({ name, description: null })
  store.slaConfigurations.insert({
    ...usualSla,
    name: 'Default',
    description:
      'The Default SLA Configuration. Products not using an explicit SLA Configuration will use this one.',
  })
  store.createProductType({ name: 'Research and Development', critical_product: true })
  store.settings = systemSettings(options.deduplication)
  return store
}

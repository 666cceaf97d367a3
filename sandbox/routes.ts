import type { Edition, Route } from './http/exchange.js'
import { modelRoutes } from './http/model.js'
import { noteRoutes } from './resources/annotations.js'
import { engagementActions, engagements } from './resources/engagements.js'
import { findingActions } from './resources/finding-actions.js'
import { findingMetadata } from './resources/finding-metadata.js'
import { findingTags } from './resources/finding-tags.js'
import { findings } from './resources/findings.js'
import { importRoutes } from './resources/imports.js'
import { listRoutes } from './resources/lists.js'
import { userProfile, users } from './resources/people.js'
import { productTypes } from './resources/product-types.js'
import { products } from './resources/products.js'
import { assets, organizations } from './resources/renamed.js'
import { requestResponse } from './resources/request-response.js'
import { riskAcceptances } from './resources/risk-acceptances.js'
import { resourceNames, root } from './resources/root.js'
import { settingsRoutes } from './resources/settings.js'
import { testImports } from './resources/test-imports.js'
import { tests, testTypes } from './resources/tests.js'

const routes: readonly Route[] = [
  root,
  userProfile,
  ...modelRoutes(users),
  ...modelRoutes(productTypes),
  ...modelRoutes(products),
  ...modelRoutes(engagements),
  ...engagementActions,
  ...noteRoutes(engagements, 'engagement_id'),
  ...modelRoutes(tests),
  ...noteRoutes(tests, 'test_id'),
  ...modelRoutes(testTypes),
  ...modelRoutes(testImports),
  ...modelRoutes(findings),
  ...findingActions,
  ...findingTags,
  ...noteRoutes(findings, 'finding_id'),
  findingMetadata,
  requestResponse,
  ...modelRoutes(riskAcceptances),
  ...modelRoutes(assets),
  ...modelRoutes(organizations),
  ...importRoutes,
  ...settingsRoutes,
  ...listRoutes,
]

/** Paths that no list of resources names. */
const unlisted = ['', 'user_profile', 'celery']
/** Operations that 2.47 did not have yet. */
const newerThan247 = ['findings/:id/verify', 'celery/status']

/** Everything below `/api/v2/` that the sandbox answers as this release. */
export function routesOf(edition: Edition): Route[] {
  const names = [...unlisted, ...resourceNames[edition]]
  return routes.filter(({ path }) => {
    if (edition === '2.47' && newerThan247.includes(path)) return false
    return names.includes(path.split('/')[0] ?? '')
  })
}

import type { Route } from './http/exchange.js'
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
import { riskAcceptances } from './resources/risk-acceptances.js'
import { root } from './resources/root.js'
import { settingsRoutes } from './resources/settings.js'
import { testImports } from './resources/test-imports.js'
import { tests, testTypes } from './resources/tests.js'

/** Everything below `/api/v2/` that the sandbox answers. */
export const routes: readonly Route[] = [
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
  ...modelRoutes(riskAcceptances),
  ...importRoutes,
  ...settingsRoutes,
  ...listRoutes,
]

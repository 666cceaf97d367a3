import { addFindingNote } from './add-finding-note.js'
import { addFindingTags } from './add-finding-tags.js'
import { closeFinding } from './close-finding.js'
import { createEngagement } from './create-engagement.js'
import { createFinding } from './create-finding.js'
import { createProduct } from './create-product.js'
import { createTest } from './create-test.js'
import type { Tool } from './define-tool.js'
import { getEngagement } from './get-engagement.js'
import { getFinding } from './get-finding.js'
import { getProduct } from './get-product.js'
import { getTest } from './get-test.js'
import { healthCheck } from './health-check.js'
import { importScan } from './import-scan.js'
import { listEngagements } from './list-engagements.js'
import { listFindingNotes } from './list-finding-notes.js'
import { listFindings } from './list-findings.js'
import { listProductTypes } from './list-product-types.js'
import { listProducts } from './list-products.js'
import { listTestTypes } from './list-test-types.js'
import { listTests } from './list-tests.js'
import { reimportScan } from './reimport-scan.js'
import { removeFindingTags } from './remove-finding-tags.js'
import { reopenFinding } from './reopen-finding.js'
import { updateFinding } from './update-finding.js'

/** Every tool there is, in the order of `toolNames`. */
export const tools: readonly Tool[] = [
  healthCheck,
  listProducts,
  getProduct,
  createProduct,
  listProductTypes,
  listEngagements,
  getEngagement,
  createEngagement,
  listTests,
  getTest,
  createTest,
  listTestTypes,
  listFindings,
  getFinding,
  createFinding,
  updateFinding,
  closeFinding,
  reopenFinding,
  addFindingNote,
  listFindingNotes,
  addFindingTags,
  removeFindingTags,
  importScan,
  reimportScan,
]

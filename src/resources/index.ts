import type { Resource } from './define-resource.js'
import { engagement } from './engagement.js'
import { engagementTests } from './engagement-tests.js'
import { finding } from './finding.js'
import { findingNotes } from './finding-notes.js'
import { instance } from './instance.js'
import { product } from './product.js'
import { productEngagements } from './product-engagements.js'
import { products } from './products.js'
import { scanTypes } from './scan-types.js'
import { test } from './test.js'
import { testFindings } from './test-findings.js'

/** Every resource there is, in the order they are listed: from the whole to the parts. */
export const resources: readonly Resource[] = [
  instance,
  scanTypes,
  products,
  product,
  productEngagements,
  engagement,
  engagementTests,
  test,
  testFindings,
  finding,
  findingNotes,
]

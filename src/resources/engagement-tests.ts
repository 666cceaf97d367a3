import { engagementIds } from '../completions/engagements.js'
import { readTests } from '../dojo/lists.js'
import { TestView } from '../dojo/views.js'
import { id } from '../guard/field-kinds.js'
import { fields } from '../guard/fields.js'
import { untrustedHint } from '../tools/shared-texts.js'
import { addressBelow } from './addresses.js'
import { defineResource } from './define-resource.js'
import { addressed, pageFields, pageOf, pageOfObjects } from './pages.js'

export const engagementTests = defineResource({
  name: 'engagement-tests',
  title: 'Tests of an engagement',
  description: `The tests (one per scan import or manual review) of one engagement, oldest first, page by page. ${untrustedHint}`,
  uri: 'defectdojo://engagements/{engagement_id}/tests{?limit,offset}',
  permission: 'metadata_read',
  input: fields({ engagement_id: id('Id of the engagement.'), ...pageFields }),
  complete: { engagement_id: engagementIds },
  output: pageOf(addressed(TestView)),

  async run({ engagement_id, ...page }, { dojo }) {
    const address = addressBelow('engagements', engagement_id, 'tests')
    return pageOfObjects(address, 'tests', await readTests(dojo, engagement_id, page))
  },
})

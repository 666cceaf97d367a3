import { readTests } from '../dojo/lists.js'
import { listOf, TestView } from '../dojo/views.js'
import { id, limit, offset } from '../guard/field-kinds.js'
import { fields } from '../guard/fields.js'
import { defineTool } from './define-tool.js'
import { untrustedHint } from './shared-texts.js'

export const listTests = defineTool({
  name: 'list_tests',
  title: 'List tests of an engagement',
  description: `List the tests (one per scan import or manual review) of one engagement, oldest first. Next: list_findings with test_id. ${untrustedHint}`,
  permission: 'metadata_read',
  effect: 'read',
  input: fields({
    engagement_id: id('Id from list_engagements.'),
    limit: limit(),
    offset: offset(),
  }),
  output: listOf(TestView),

  async run({ engagement_id, ...page }, { dojo }) {
    return readTests(dojo, engagement_id, page)
  },
})

import { listOf, TestTypeView, testTypeView } from '../dojo/views.js'
import { limit, offset } from '../guard/field-kinds.js'
import { fields } from '../guard/fields.js'
import { defineTool } from './define-tool.js'
import { untrustedHint } from './shared-texts.js'

export const listTestTypes = defineTool({
  name: 'list_test_types',
  title: 'List test types',
  description: `List the test types that create_test needs; the names of scanners among them are also scan types for import_scan. About 280: use limit 100. ${untrustedHint}`,
  permission: 'metadata_read',
  effect: 'read',
  input: fields({ limit: limit(), offset: offset() }),
  output: listOf(TestTypeView),

  async run(page, { dojo }) {
    return testTypeView.page(await dojo.get('test_types/', page), page)
  },
})

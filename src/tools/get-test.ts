import { TestView, testView } from '../dojo/views.js'
import { id } from '../guard/field-kinds.js'
import { fields } from '../guard/fields.js'
import { defineTool } from './define-tool.js'
import { untrustedHint } from './shared-texts.js'

export const getTest = defineTool({
  name: 'get_test',
  title: 'Get a test',
  description: `Get one test: engagement id, test type id, title, start and end time. ${untrustedHint}`,
  permission: 'metadata_read',
  effect: 'read',
  input: fields({ test_id: id('Id from list_tests.') }),
  output: TestView,

  async run({ test_id }, { dojo }) {
    return testView.one(await dojo.get(`tests/${test_id}/`))
  },
})

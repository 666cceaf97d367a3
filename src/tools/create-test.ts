import { TestView, testView } from '../dojo/views.js'
import { date, id } from '../guard/field-kinds.js'
import { fields } from '../guard/fields.js'
import { defineTool } from './define-tool.js'
import { untrustedHint } from './shared-texts.js'

export const createTest = defineTool({
  name: 'create_test',
  title: 'Create a test',
  description: `Create an empty test in an engagement, to hold findings made by hand, and return it with its id. Next: create_finding. A scan import makes its own test. ${untrustedHint}`,
  permission: 'engagement_mgmt',
  effect: 'create',
  input: fields({
    engagement_id: id('Id from list_engagements.'),
    test_type_id: id('Id from list_test_types.'),
    target_start: date('First day, YYYY-MM-DD.'),
    target_end: date('Last day, YYYY-MM-DD.'),
  }),
  output: TestView,

  async run({ engagement_id, test_type_id, ...dates }, { dojo }) {
    const body = { engagement: engagement_id, test_type: test_type_id, ...dates }
    return testView.written(await dojo.post('tests/', body))
  },
})

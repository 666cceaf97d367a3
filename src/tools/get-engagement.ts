import { EngagementView, engagementView } from '../dojo/views.js'
import { id } from '../guard/field-kinds.js'
import { fields } from '../guard/fields.js'
import { defineTool } from './define-tool.js'
import { untrustedHint } from './shared-texts.js'

export const getEngagement = defineTool({
  name: 'get_engagement',
  title: 'Get an engagement',
  description: `Get one engagement: name, product id, status, start and end date. ${untrustedHint}`,
  permission: 'metadata_read',
  effect: 'read',
  input: fields({ engagement_id: id('Id from list_engagements.') }),
  output: EngagementView,

  async run({ engagement_id }, { dojo }) {
    return engagementView.one(await dojo.get(`engagements/${engagement_id}/`))
  },
})

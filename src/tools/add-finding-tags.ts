import { afterWrite } from '../dojo/record-reader.js'
import { TagListView, tagListView } from '../dojo/views.js'
import { id } from '../guard/field-kinds.js'
import { fields } from '../guard/fields.js'
import { someNewTags } from '../guard/tag-fields.js'
import { normaliseTag } from '../guard/tag-rules.js'
import { defineTool } from './define-tool.js'
import { untrustedHint } from './shared-texts.js'

export const addFindingTags = defineTool({
  name: 'add_finding_tags',
  title: 'Add tags to a finding',
  description: `Add tags to one finding and return all it has now. Stored in lower case; those already there do no harm. ${untrustedHint}`,
  permission: 'finding_mgmt',
  effect: 'add',
  input: fields({
    finding_id: id('Id from list_findings.'),
    tags: someNewTags('Letters, digits and ._:/+- only.'),
  }),
  output: TagListView,

  async run({ finding_id, tags }, { dojo }) {
    const body = { tags: tags.map(normaliseTag) }
    const answer = await dojo.exclusively(finding_id, () =>
      dojo.post(`findings/${finding_id}/tags/`, body),
    )
    return afterWrite(tagListView, answer)
  },
})

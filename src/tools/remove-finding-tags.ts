import { TagListView, tagListView } from '../dojo/views.js'
import { invalid } from '../errors.js'
import { id } from '../guard/field-kinds.js'
import { fields } from '../guard/fields.js'
import { quotedList } from '../guard/python-repr.js'
import { someStoredTags } from '../guard/tag-fields.js'
import { defineTool } from './define-tool.js'
import { untrustedHint } from './shared-texts.js'

/** The stored spellings of one wanted tag: the exact one if there is one, else those that differ in case only. */
function storedSpellings(stored: readonly string[], wanted: string): readonly string[] {
  if (stored.includes(wanted)) return [wanted]
  return stored.filter((tag) => tag.toLowerCase() === wanted.toLowerCase())
}

export const removeFindingTags = defineTool({
  name: 'remove_finding_tags',
  title: 'Remove tags from a finding',
  description: `Remove tags from one finding, upper or lower case, and return those that remain. If one is not there, none is removed. ${untrustedHint}`,
  permission: 'finding_mgmt',
  effect: 'change',
  input: fields({
    finding_id: id('Id from list_findings.'),
    tags: someStoredTags('Tags it has.'),
  }),
  output: TagListView,

  run({ finding_id, tags }, { dojo, progress }) {
    progress(0, 2, 'Looking at the tags of the finding')
    return dojo.exclusively(finding_id, async () => {
      const stored = tagListView(await dojo.get(`findings/${finding_id}/tags/`)).tags
      const missing = tags.filter((tag) => storedSpellings(stored, tag).length === 0)
      if (missing.length > 0) {
        throw invalid(`tags not on this finding: ${quotedList(missing)}; nothing was removed`)
      }

      const removed = [...new Set(tags.flatMap((tag) => storedSpellings(stored, tag)))]
      progress(1, 2, 'Removing the tags')
      await dojo.patch(`findings/${finding_id}/remove_tags/`, { tags: removed })
      return { tags: stored.filter((tag) => !removed.includes(tag)) }
    })
  },
})

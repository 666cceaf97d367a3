import { FindingDetailView, findingDetailView } from '../dojo/finding-views.js'
import { id } from '../guard/field-kinds.js'
import { fields } from '../guard/fields.js'
import { defineTool } from './define-tool.js'
import { untrustedHint } from './shared-texts.js'

export const getFinding = defineTool({
  name: 'get_finding',
  title: 'Get a finding',
  description: `Get one finding in full: what list_findings shows, and mitigation, impact, references, steps to reproduce, date, found_by (test type ids). Notes: list_finding_notes. ${untrustedHint}`,
  permission: 'metadata_read',
  effect: 'read',
  input: fields({ finding_id: id('Id from list_findings.') }),
  output: FindingDetailView,

  async run({ finding_id }, { dojo, findingsRead }) {
    const finding = findingDetailView.one(await dojo.get(`findings/${finding_id}/`))
    findingsRead.record([finding_id])
    return finding
  },
})

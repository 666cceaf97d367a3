import { findingIds } from '../completions/findings.js'
import { NoteView, notesView } from '../dojo/note-views.js'
import { slice } from '../dojo/views.js'
import { id } from '../guard/field-kinds.js'
import { fields } from '../guard/fields.js'
import { untrustedHint } from '../tools/shared-texts.js'
import { addressBelow } from './addresses.js'
import { defineResource } from './define-resource.js'
import { pageAt, pageFields, pageOf } from './pages.js'

export const findingNotes = defineResource({
  name: 'finding-notes',
  title: 'Notes of a finding',
  description: `The notes of one finding, newest first, private ones included, page by page. ${untrustedHint}`,
  uri: 'defectdojo://findings/{finding_id}/notes{?limit,offset}',
  permission: 'metadata_read',
  input: fields({ finding_id: id('Id of the finding.'), ...pageFields }),
  complete: { finding_id: findingIds },
  output: pageOf(NoteView),

  async run({ finding_id, ...page }, { dojo, findingsRead }) {
    const notes = notesView(await dojo.get(`findings/${finding_id}/notes/`))
    findingsRead.record([finding_id])
    return pageAt(addressBelow('findings', finding_id, 'notes'), slice(notes, page))
  },
})

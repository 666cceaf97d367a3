import { Type } from '@sinclair/typebox'
import { findingIds } from '../completions/findings.js'
import { FindingDetailView, findingDetailView } from '../dojo/finding-views.js'
import { NoteView, notesView } from '../dojo/note-views.js'
import { slice } from '../dojo/views.js'
import { id } from '../guard/field-kinds.js'
import { fields } from '../guard/fields.js'
import { untrustedHint } from '../tools/shared-texts.js'
import { addressBelow } from './addresses.js'
import { defineResource } from './define-resource.js'
import { addressed, pageAt, pageOf, withAddress } from './pages.js'

/** Enough to know how a finding stands; the others are one address away. */
const newest = { limit: 10, offset: 0 }

export const finding = defineResource({
  name: 'finding',
  title: 'A finding',
  description: `One finding in full, with its ${newest.limit} newest notes, private ones included. ${untrustedHint}`,
  uri: 'defectdojo://findings/{finding_id}',
  permission: 'metadata_read',
  input: fields({ finding_id: id('Id of the finding.') }),
  complete: { finding_id: findingIds },
  output: Type.Composite([addressed(FindingDetailView), Type.Object({ notes: pageOf(NoteView) })]),

  async run({ finding_id }, { dojo, findingsRead }) {
    const [body, notesBody] = await Promise.all([
      dojo.get(`findings/${finding_id}/`),
      dojo.get(`findings/${finding_id}/notes/`),
    ])
    const view = findingDetailView.one(body)
    const notes = slice(notesView(notesBody), newest)
    findingsRead.record([finding_id])
    return {
      ...withAddress('findings', view),
      notes: pageAt(addressBelow('findings', finding_id, 'notes'), notes),
    }
  },
})

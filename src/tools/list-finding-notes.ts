import { NoteView, notesPage, notesView } from '../dojo/note-views.js'
import { listOf } from '../dojo/views.js'
import { id } from '../guard/field-kinds.js'
import { fields } from '../guard/fields.js'
import { defineTool } from './define-tool.js'
import { untrustedHint } from './shared-texts.js'

export const listFindingNotes = defineTool({
  name: 'list_finding_notes',
  title: 'List notes of a finding',
  description: `List all notes of one finding, newest first, private ones included. ${untrustedHint}`,
  permission: 'metadata_read',
  effect: 'read',
  input: fields({ finding_id: id('Id from list_findings.') }),
  output: listOf(NoteView),

  async run({ finding_id }, { dojo, findingsRead }) {
    const notes = notesView(await dojo.get(`findings/${finding_id}/notes/`))
    findingsRead.record([finding_id])
    return notesPage(notes)
  },
})

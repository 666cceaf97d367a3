import { NoteView, notesView, noteView } from '../dojo/note-views.js'
import { afterWrite } from '../dojo/record-reader.js'
import { ToolError } from '../errors.js'
import { flag, id, text } from '../guard/field-kinds.js'
import { fields } from '../guard/fields.js'
import { defineTool, type ToolContext } from './define-tool.js'
import { untrustedHint } from './shared-texts.js'

/** The note as it is stored, with id and date: DefectDojo's answer to its creation has neither. Null if it cannot be had. */
async function storedNote(
  { dojo }: ToolContext,
  findingId: number,
  created: NoteView,
): Promise<NoteView | null> {
  try {
    const notes = notesView(await dojo.get(`findings/${findingId}/notes/`))
    const same = notes.filter(
      (note) => note.entry === created.entry && note.private === created.private,
    )
    return same.sort((one, other) => (other.id ?? 0) - (one.id ?? 0))[0] ?? null
  } catch (error) {
    // The note is there: that it cannot be read back must not look as if it were not.
    if (error instanceof ToolError) return null
    throw error
  }
}

export const addFindingNote = defineTool({
  name: 'add_finding_note',
  title: 'Add a note to a finding',
  description: `Attach a note to one finding and return it; id and date are null if it could not be read back. Notes cannot be changed here, and go to a linked JIRA issue; @name notifies that user. ${untrustedHint}`,
  permission: 'finding_mgmt',
  effect: 'create',
  input: fields({
    finding_id: id('Id from list_findings.'),
    entry: text(10_000, 'What to record; not blank.', { refuse: ['secrets', 'instructions'] }),
    private: flag(false, 'Hide it from reports.'),
  }),
  output: NoteView,

  async run({ finding_id, ...note }, context) {
    context.progress(0, 2, 'Adding the note')
    const answer = await context.dojo.post(`findings/${finding_id}/notes/`, note)
    const created = afterWrite(noteView, answer)
    context.progress(1, 2, 'Reading the note back')
    return (await storedNote(context, finding_id, created)) ?? created
  },
})

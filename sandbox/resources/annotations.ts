import { broken, noSuch, refusedPlainly, refusedWithError } from '../http/api-error.js'
import { created, type Exchange, noContent, ok, type Route } from '../http/exchange.js'
import { bodyFields } from '../http/json-body.js'
import { type Model, rowOf } from '../http/model.js'
import { flag, referenceToNothing, text } from '../rules/field-types.js'
import { type Fields, readFields } from '../rules/fields.js'
import type { Annotated } from '../store.js'
import { notesOf } from '../views/notes.js'
import { briefUser } from '../views/people.js'

/** What a new note may say; its text has no limit. */
const noteFields: Fields = {
  entry: text({ required: true }),
  private: flag(),
  note_type: referenceToNothing,
}

/** `<path>/:id/notes/` and `remove_note/` of a resource; `idName` is how the list of notes calls the id. */
export function noteRoutes<Row extends { id: number } & Annotated>(
  model: Model<Row>,
  idName: string,
): Route[] {
  return [
    {
      path: `${model.path}/:id/notes`,
      methods: {
        GET(x) {
          const row = rowOf(model, x)
          return ok({ [idName]: row.id, notes: notesOf(x.store, row) })
        },
        POST(x) {
          const row = rowOf(model, x)
          const { values, issues } = readFields(noteFields, bodyFields(x), x.store, false)
          if (issues) throw refusedPlainly(issues)
          const entry = values.entry as string
          const isPrivate = values.private === true
          const author = x.user.id
          x.store.addNote(row, { entry, private: isPrivate, author, withHistory: true })
          return created({
            author: briefUser(x.store, author),
            editor: null,
            entry,
            private: isPrivate,
            edit_time: null,
          })
        },
      },
    },
    {
      path: `${model.path}/:id/remove_note`,
      methods: { PATCH: (x) => removeNote(x, rowOf(model, x), model.label) },
    },
  ]
}

function removeNote(x: Exchange, row: Annotated, label: string) {
  const { note_id: value } = bodyFields(x)
  if (value === undefined) throw broken()
  if (!value) throw refusedWithError("('note_id') parameter missing")
  const note = x.store.notes.get(Number(value))
  if (!note) throw noSuch('Notes')
  if (!row.notes.includes(note.id)) {
    throw refusedWithError(`Selected Note is not assigned to this ${label}`)
  }
  if (note.author !== x.user.id && !x.user.is_superuser) {
    throw refusedWithError("Delete Failed, You are not the Note's author")
  }
  row.notes = row.notes.filter((id) => id !== note.id)
  x.store.notes.delete(note.id)
  return noContent()
}

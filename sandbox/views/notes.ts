import type { NoteRecord } from '../records.js'
import type { Annotated, Store } from '../store.js'
import { briefUser } from './people.js'

/** A note with its author and history. */
export function noteView(store: Store, note: NoteRecord): object {
  return {
    id: note.id,
    author: briefUser(store, note.author),
    editor: briefUser(store, note.editor),
    history: note.history.map((entry) => ({
      ...entry,
      current_editor: briefUser(store, entry.current_editor),
    })),
    note_type: note.note_type,
    entry: note.entry,
    date: note.date,
    private: note.private,
    edited: note.edited,
    edit_time: note.edit_time,
  }
}

/** The notes of an object, newest first, private ones included. */
export function notesOf(store: Store, target: Annotated): object[] {
  const views: object[] = []
  for (const id of target.notes.toReversed()) {
    const note = store.notes.get(id)
    if (note) views.push(noteView(store, note))
  }
  return views
}

import { type Static, Type } from '@sinclair/typebox'
import { untrusted } from '../guard/untrusted-envelope.js'
import { recordReader } from './record-reader.js'
import { NoteRecord } from './records.js'
import { nullable, type Page, untrustedText } from './views.js'

const AuthorView = Type.Object({
  id: nullable(Type.Integer()),
  username: nullable(Type.String()),
  first_name: nullable(Type.String()),
  last_name: nullable(Type.String()),
})

/** A note on a finding (behaviour spec §1.4). */
export const NoteView = Type.Object({
  id: nullable(Type.Integer()),
  entry: untrustedText,
  private: Type.Boolean(),
  date: nullable(Type.String()),
  author: untrusted(nullable(Type.Union([AuthorView, Type.String()]))),
})
export type NoteView = Static<typeof NoteView>

type NoteAuthor = Static<typeof NoteRecord>['author']

function authorOf(author: NoteAuthor): NoteView['author'] {
  if (author === null || author === undefined || typeof author === 'string') return author ?? null
  return {
    id: author.id ?? null,
    username: author.username ?? null,
    first_name: author.first_name ?? null,
    last_name: author.last_name ?? null,
  }
}

const noteOf = (record: Static<typeof NoteRecord>): NoteView => ({
  id: record.id ?? null,
  entry: record.entry,
  private: record.private ?? false,
  date: record.date ?? null,
  author: authorOf(record.author),
})

const readNote = recordReader(NoteRecord)
const readNotes = recordReader(
  Type.Object({
    notes: Type.Optional(Type.Array(NoteRecord)),
    results: Type.Optional(Type.Array(NoteRecord)),
  }),
)

/** One note, as the answer to its creation gives it: without id and date. */
export const noteView = (body: unknown): NoteView => noteOf(readNote(body))

/** All notes of a finding, newest first; DefectDojo has three forms for them and does not page them. */
export function notesView(body: unknown): NoteView[] {
  const { notes, results } = readNotes(Array.isArray(body) ? { notes: body } : body)
  return (notes ?? results ?? []).map(noteOf)
}

/** Notes in the envelope of every list: all of them are on its one page. */
export const notesPage = (items: readonly NoteView[]): Page<NoteView> => ({
  items,
  pagination: { count: items.length, offset: 0, limit: items.length, has_next: false },
})

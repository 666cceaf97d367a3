import { randomBytes } from 'node:crypto'
import type { Store } from '../store.js'

const table = {
  mira: ['mira.lindqvist', 'Mira', 'Lindqvist'],
  tomas: ['tomas.okafor', 'Tomas', 'Okafor'],
  priya: ['priya.raman', 'Priya', 'Raman'],
  jonas: ['jonas.weber', 'Jonas', 'Weber'],
  lucia: ['lucia.ferrante', 'Lucia', 'Ferrante'],
  pipeline: ['ci-pipeline', 'Build', 'Pipeline'],
} as const

/** Mira leads application security (staff), Tomas tests by hand, Priya, Jonas and Lucia build, the pipeline imports. */
export type Person = keyof typeof table

/** The user ids of the organisation. */
export type People = Readonly<Record<Person, number>>

/** Makes the people. Their tokens are random: nobody should know one from reading this file. */
export function createPeople(store: Store, joined: string): People {
  const ids = Object.entries(table).map(([person, [username, first_name, last_name]]) => {
    const user = store.users.insert({
      username,
      first_name,
      last_name,
      email: `${username}@fernhill.example`,
      date_joined: joined,
      last_login: null,
      is_active: true,
      is_staff: person === 'mira' || person === 'pipeline',
      is_superuser: false,
      token: randomBytes(20).toString('hex'),
      password: null,
    })
    return [person, user.id]
  })
  return Object.fromEntries(ids) as People
}

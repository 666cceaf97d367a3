import { pythonList, refusedPlainly, refusedWithError } from '../http/api-error.js'
import { type Exchange, noContent, ok, type Route } from '../http/exchange.js'
import { bodyFields } from '../http/json-body.js'
import { rowOf } from '../http/model.js'
import type { Field } from '../rules/fields.js'
import { readFields } from '../rules/fields.js'
import { readTags, tagsField } from '../rules/tags.js'
import { timestamp } from '../rules/times.js'
import { findings } from './findings.js'

/** What is removed is read without a look at its letters: it must be stored exactly so. */
const removalField: Field = {
  required: true,
  read: (value) => readTags(value, false),
}

function sent(x: Exchange, tags: Field): string[] {
  const { values, issues } = readFields({ tags }, bodyFields(x), x.store, false)
  if (issues) throw refusedPlainly(issues)
  return values.tags as string[]
}

function remove(x: Exchange) {
  const finding = rowOf(findings, x)
  const wanted = sent(x, removalField)
  if (wanted.length === 0) throw refusedWithError('Empty Tag List Not Allowed')
  for (const tag of wanted) {
    if (finding.tags.includes(tag)) continue
    throw refusedWithError(`'${tag}' is not a valid tag in list '${pythonList(finding.tags)}'`)
  }
  finding.tags = finding.tags.filter((tag) => !wanted.includes(tag))
  finding.updated = timestamp(x.store.now())
  // The one 204 that names a content type for the body it does not have.
  return { ...noContent(), headers: { 'content-type': 'application/json' } }
}

/** `tags/` adds in lower case, `remove_tags/` removes all or nothing. */
export const findingTags: Route[] = [
  {
    path: 'findings/:id/tags',
    methods: {
      GET: (x) => ok({ tags: rowOf(findings, x).tags }),
      POST(x) {
        const finding = rowOf(findings, x)
        const tags = sent(x, { ...tagsField(true), required: true })
        finding.tags = x.store.spell('finding', [...finding.tags, ...tags])
        finding.updated = timestamp(x.store.now())
        return ok({ tags: finding.tags })
      },
    },
  },
  { path: 'findings/:id/remove_tags', methods: { PUT: remove, PATCH: remove } },
]

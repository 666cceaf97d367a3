import { ApiError } from '../http/api-error.js'
import { type Exchange, ok, type Route } from '../http/exchange.js'
import { bodyFields } from '../http/json-body.js'
import { rowOf } from '../http/model.js'
import { findings } from './findings.js'

/** Errors of this path are plain strings. */
const refuse = (status: number, text: string) => new ApiError(status, text)

function entry(x: Exchange): { name: string; value: string } {
  const { name, value } = bodyFields(x)
  if (typeof name !== 'string' || name === '') throw refuse(400, 'Metadata name is required')
  if (typeof value !== 'string' || value === '') throw refuse(400, 'Metadata value is required')
  if (name.length > 120 || value.length > 300) throw refuse(400, 'Metadata is too long')
  return { name, value }
}

function existing(x: Exchange) {
  const finding = rowOf(findings, x)
  const name = x.query.get('name')
  const index = finding.meta.findIndex((known) => known.name === name)
  if (index === -1) throw refuse(404, 'Metadata not found')
  return { finding, index }
}

/** `findings/:id/metadata/`: names and values, not paginated; the name to change is in the query. */
export const findingMetadata: Route = {
  path: 'findings/:id/metadata',
  methods: {
    GET: (x) => ok(rowOf(findings, x).meta),
    POST(x) {
      const finding = rowOf(findings, x)
      const added = entry(x)
      if (finding.meta.some((known) => known.name === added.name)) {
        throw refuse(400, 'Create failed probably because the name of the metadata already exists')
      }
      finding.meta.push(added)
      return ok(added)
    },
    PUT(x) {
      const { finding, index } = existing(x)
      const changed = entry(x)
      finding.meta[index] = changed
      return ok(changed)
    },
    DELETE(x) {
      const { finding, index } = existing(x)
      finding.meta.splice(index, 1)
      return ok('Metadata deleted')
    },
  },
}

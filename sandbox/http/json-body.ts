import { ApiError, broken } from './api-error.js'
import type { Exchange } from './exchange.js'

/** The fields of a JSON or form body. A JSON body that is no object is DefectDojo's 500. */
export function bodyFields(x: Exchange): Record<string, unknown> {
  const { body } = x
  switch (body.kind) {
    case 'none':
      return {}
    case 'malformed':
      throw new ApiError(400, { message: 'JSON request content is malformed' })
    case 'unsupported':
      throw new ApiError(415, { detail: `Unsupported media type "${body.mediaType}" in request.` })
    case 'oversize':
      throw broken()
    case 'form':
      return Object.fromEntries(
        Object.entries(body.fields).map(([name, values]) => [
          name,
          values.length > 1 ? values : values[0],
        ]),
      )
    case 'json':
      if (body.value === null || typeof body.value !== 'object' || Array.isArray(body.value)) {
        throw broken()
      }
      return body.value as Record<string, unknown>
  }
}

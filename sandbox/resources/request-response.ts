import { refusedPlainly } from '../http/api-error.js'
import { ok, type Route } from '../http/exchange.js'
import { bodyFields } from '../http/json-body.js'
import { rowOf } from '../http/model.js'
import { findings } from './findings.js'

interface Pair {
  request: string
  response: string
}

const isPair = (value: unknown): value is Pair =>
  typeof value === 'object' &&
  value !== null &&
  typeof (value as Pair).request === 'string' &&
  typeof (value as Pair).response === 'string'

/** `findings/:id/request_response/`: the HTTP pairs of a finding. */
export const requestResponse: Route = {
  path: 'findings/:id/request_response',
  methods: {
    GET: (x) => ok({ req_resp: rowOf(findings, x).request_response }),
    POST(x) {
      const finding = rowOf(findings, x)
      const { req_resp: pairs } = bodyFields(x)
      if (!Array.isArray(pairs) || !pairs.every(isPair)) {
        throw refusedPlainly({ req_resp: [{ text: 'This field is required.', code: 'required' }] })
      }
      for (const { request, response } of pairs)
        finding.request_response.push({ request, response })
      return ok({ req_resp: finding.request_response })
    },
  },
}

import { knownRefusals } from './known-refusals.js'

/** What every 3xx and every page in place of an answer means. */
export const notAnApi =
  'That address is not a DefectDojo API: check DEFECTDOJO_URL (http or https, host, port and path prefix, without /api/v2).'

/** What DefectDojo says in `detail` of a 403, where authentication fails too (DefectDojo API §1.2); `{key}` is the key's variable. */
const forbidden: readonly (readonly [RegExp, string])[] = [
  [/^Invalid token\.$/, 'DefectDojo does not know the API key: {key} is wrong, or was revoked.'],
  [
    /^Authentication credentials were not provided/,
    'DefectDojo saw no API key: API tokens are switched off there, or something in front of it removes the Authorization header.',
  ],
  [
    /^Invalid token header/,
    'DefectDojo could not read the API key in {key}: it contains spaces or other characters that no key has.',
  ],
  [/^User inactive or deleted/, 'The DefectDojo user of the API key in {key} is not active.'],
  [
    /^No permission to create/,
    'The DefectDojo user of this server may not create the missing product type, product or engagement.',
  ],
]

const notPermitted =
  'The DefectDojo user of this server is known but lacks the permission for this.'

const objects = new Map([
  ['Finding', 'finding'],
  ['Test', 'test'],
  ['Engagement', 'engagement'],
  ['Product', 'product'],
  ['Product_Type', 'product type'],
  ['Test_Type', 'test type'],
])

/** What an answer of 4xx or 5xx means beyond its status, in sentences of ours. `body` is undefined when it is not JSON. */
export function hintForBody(
  status: number,
  contentType: string,
  body: unknown,
  resource: string,
): readonly string[] {
  const isImport = resource === 'import-scan' || resource === 'reimport-scan'
  const page = body === undefined && /html/i.test(contentType)
  switch (status) {
    case 400:
      if (page) return [`${notAnApi} Or DefectDojo does not accept that host name.`]
      return knownRefusals(body, resource)
    case 401:
      return [
        'DefectDojo itself never answers 401: something in front of it asks for a sign-in of its own.',
      ]
    case 403: {
      if (page) return ['Something in front of DefectDojo refused the request.']
      const detail = detailOf(body)
      return [forbidden.find(([said]) => said.test(detail))?.[1] ?? notPermitted]
    }
    case 404: {
      if (page) return [`${notAnApi} Or that version of DefectDojo does not have this resource.`]
      const object = objects.get(/^No (\w{1,40}) matches/.exec(detailOf(body))?.[1] ?? '')
      return object ? [`There is no such ${object}, or this server may not see it.`] : []
    }
    case 405:
      return ['That version of DefectDojo does not offer the operation.']
    case 409:
      return ['Another object has that name, or others depend on this one.']
    case 413:
      return ['It is larger than DefectDojo, or a proxy in front of it, accepts.']
    case 500:
      return isImport
        ? [
            'Often the report is damaged or does not fit scan_type; an empty test may be left behind.',
          ]
        : []
    default:
      return []
  }
}

function detailOf(body: unknown): string {
  const detail = body !== null && typeof body === 'object' && 'detail' in body ? body.detail : ''
  return typeof detail === 'string' ? detail.slice(0, 200) : ''
}

/** What an error of the connection means, where its code tells. */
export function hintForCode(code: string | undefined, delivered: boolean): readonly string[] {
  if (code !== undefined) {
    if (/CERT|_SIGNATURE$|ISSUER/.test(code)) {
      return [
        "DefectDojo's TLS certificate was not accepted: for a private authority set DEFECTDOJO_CA.",
      ]
    }
    if (code === 'EPROTO' || code.startsWith('ERR_SSL_') || code.startsWith('HPE_')) {
      return [notAnApi]
    }
    if (code === 'ENOTFOUND' || code === 'EAI_AGAIN') {
      return ['The host name in DEFECTDOJO_URL could not be resolved.']
    }
  }
  return [
    delivered
      ? 'The connection to DefectDojo broke before the answer was complete.'
      : 'No connection to DefectDojo could be made.',
  ]
}

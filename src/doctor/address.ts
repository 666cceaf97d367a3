import { quoted } from '../config/quote.js'
import { type Check, ok, problem } from './check.js'
import type { ProbeResult, Reply } from './probe.js'

/** Whether a DefectDojo API answers at `url`, asked without a key. */
export function judgeAddress(url: URL, result: ProbeResult): Check {
  if ('failure' in result) return judgeFailure(url, result.failure)
  const { reply } = result
  if (reply.status >= 300 && reply.status < 400) return judgeRedirect(url, reply)
  // Without a key DefectDojo refuses with 403 and JSON: that is the sign that it is one.
  if (reply.isJson && [200, 401, 403].includes(reply.status)) {
    return ok('address', `A DefectDojo API answers at ${url.origin}${prefix(url)}.`)
  }
  if (reply.status >= 500) {
    return problem(
      'address',
      `The server at ${url.host} answers HTTP ${reply.status}.`,
      'DefectDojo is down or starting: look at its own logs, or those of the proxy before it.',
    )
  }
  if (reply.status === 400) {
    return problem(
      'address',
      `The server at ${url.host} refuses the name it is called by (HTTP 400).`,
      'Add the host name of DEFECTDOJO_URL to DD_ALLOWED_HOSTS of DefectDojo.',
    )
  }
  return problem(
    'address',
    `What answers at ${url.href} is not a DefectDojo API (HTTP ${reply.status}${reply.isJson ? '' : ', no JSON'}).`,
    'Set DEFECTDOJO_URL to the address of the DefectDojo web page, with its path prefix if it has one, without /api/v2.',
  )
}

const prefix = (url: URL): string => url.pathname.replace(/\/api\/v2\/.*$/, '')

function judgeRedirect(url: URL, { status, location = '' }: Reply): Check {
  const target = URL.canParse(location, url.href) ? new URL(location, url) : null
  const where = target === null ? '' : ` to ${quoted(target.origin + target.pathname)}`
  const found = `The server at ${url.host} sends on${where} (HTTP ${status}) instead of answering.`
  if (target?.protocol === 'https:' && url.protocol === 'http:') {
    return problem('address', found, `Set DEFECTDOJO_URL to https://${target.host}${prefix(url)}`)
  }
  if (target !== null && target.origin !== url.origin) {
    return problem(
      'address',
      found,
      'Set DEFECTDOJO_URL to the address it sends on to, if you trust it.',
    )
  }
  return problem(
    'address',
    found,
    'This is not the API: DEFECTDOJO_URL has a wrong path prefix, or a sign-on proxy stands before DefectDojo and has to let /api/v2/ through.',
  )
}

/** What a connection can fail with, in words, and what to do. */
function judgeFailure(url: URL, code: string): Check {
  const [found, advice] = failures[code] ?? [
    'No connection could be made',
    'Try the address from this machine with curl.',
  ]
  return problem('address', `${found} (${url.host}, ${code}).`, advice)
}

const unknownAuthority: [string, string] = [
  'The certificate is signed by an authority that this machine does not know',
  'Set DEFECTDOJO_CA to a PEM file with the certificate of that authority.',
]
const selfSigned: [string, string] = [
  'The certificate is signed by nobody but itself',
  'Set DEFECTDOJO_CA to a PEM file with this certificate, or with that of the authority that signed it.',
]
const notFound: [string, string] = [
  'The host name is not known',
  'Check DEFECTDOJO_URL for a slip, and whether this machine can resolve the name.',
]
const noRoute: [string, string] = [
  'There is no way to the host',
  'Check the network, a VPN, and HTTPS_PROXY.',
]
const notTls: [string, string] = [
  'The port does not speak TLS',
  'DEFECTDOJO_URL says https://, but plain HTTP is spoken there: use its TLS port.',
]

const failures: Readonly<Record<string, [found: string, advice: string]>> = {
  ENOTFOUND: notFound,
  EAI_AGAIN: notFound,
  ECONNREFUSED: [
    'Nothing listens there',
    'Is DefectDojo running, and is the port in DEFECTDOJO_URL right?',
  ],
  ECONNRESET: [
    'The connection was cut',
    'Is the port in DEFECTDOJO_URL right, and does a firewall stand in between?',
  ],
  ETIMEDOUT: [
    'No answer came in time',
    'A firewall may drop the packets; or DefectDojo is overloaded: look at its own logs.',
  ],
  EHOSTUNREACH: noRoute,
  ENETUNREACH: noRoute,
  DEPTH_ZERO_SELF_SIGNED_CERT: selfSigned,
  SELF_SIGNED_CERT_IN_CHAIN: unknownAuthority,
  UNABLE_TO_VERIFY_LEAF_SIGNATURE: unknownAuthority,
  UNABLE_TO_GET_ISSUER_CERT: unknownAuthority,
  UNABLE_TO_GET_ISSUER_CERT_LOCALLY: unknownAuthority,
  CERT_HAS_EXPIRED: ['The certificate has expired', 'Renew the certificate of DefectDojo.'],
  CERT_NOT_YET_VALID: [
    'The certificate is not valid yet',
    'Check the clock of this machine, then the certificate of DefectDojo.',
  ],
  ERR_TLS_CERT_ALTNAME_INVALID: [
    'The certificate is for another name',
    'Use a name in DEFECTDOJO_URL that stands in the certificate.',
  ],
  EPROTO: notTls,
  ERR_SSL_WRONG_VERSION_NUMBER: notTls,
  ERR_SSL_PACKET_LENGTH_TOO_LONG: notTls,
}

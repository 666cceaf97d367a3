import type { DojoKeys } from '../dojo/credentials.js'
import { parseAddress } from './address.js'
import { configWarning, type Notice, securityWarning } from './notice.js'
import type { Quote } from './quote.js'
import type { Environment } from './secrets.js'

/** Where DefectDojo is and with which keys; null members only together with problems. */
export interface DojoSettings {
  /** Without a trailing slash and without `/api/v2`. */
  readonly url: string | null
  readonly keys: DojoKeys | null
  readonly problems: readonly string[]
  readonly notices: readonly Notice[]
}

const whereToSetIt = 'Put it into the environment, or into a .env file in the working directory.'

/** The guards on DefectDojo's address and keys (behaviour spec §2.4). */
export function readDojoSettings(
  environment: Environment,
  allowInsecureHttp: boolean,
  quote: Quote,
): DojoSettings {
  const {
    DEFECTDOJO_URL: address,
    DEFECTDOJO_API_KEY: single,
    DEFECTDOJO_READ_API_KEY: read,
    DEFECTDOJO_WRITE_API_KEY: write,
  } = environment
  const problems: string[] = []
  const notices: Notice[] = []
  const dual = read && write ? { read, write } : null
  const keys = dual ?? (single ? { read: single, write: single } : null)
  if (dual !== null && !address) problems.push(`DEFECTDOJO_URL must be set. ${whereToSetIt}`)
  else if (!address || keys === null) {
    problems.push(`DEFECTDOJO_URL and DEFECTDOJO_API_KEY must be set. ${whereToSetIt}`)
  }
  if (dual === null && (read || write)) {
    const [present, absent] = read ? ['READ', 'WRITE'] : ['WRITE', 'READ']
    notices.push(
      configWarning(
        `DEFECTDOJO_${present}_API_KEY has no effect without DEFECTDOJO_${absent}_API_KEY`,
      ),
    )
  }
  const url = address ? readUrl(address, allowInsecureHttp, quote, problems, notices) : null
  return { url, keys, problems, notices }
}

/** The reference stops at the first thing wrong with the address, in this order. */
function readUrl(
  text: string,
  allowInsecureHttp: boolean,
  quote: Quote,
  problems: string[],
  notices: Notice[],
): string | null {
  const { scheme, hasCredentials, hasHostname, url } = parseAddress(text)
  if (scheme !== 'http' && scheme !== 'https') {
    problems.push(`DEFECTDOJO_URL must use http or https scheme, got ${quote(scheme)}`)
  } else if (hasCredentials) {
    problems.push('DEFECTDOJO_URL must not contain embedded credentials')
  } else if (!hasHostname || url === null) {
    problems.push('DEFECTDOJO_URL must contain a valid hostname')
  } else if (scheme === 'http' && !allowInsecureHttp) {
    problems.push(
      'DEFECTDOJO_URL uses http:// — TLS is required by default. Set ALLOW_INSECURE_HTTP=true to allow insecure connections.',
    )
  } else if (url.search !== '' || url.hash !== '') {
    problems.push('DEFECTDOJO_URL must end with the path, without ? or #')
  } else {
    if (scheme === 'http') {
      notices.push(
        securityWarning(
          'CRITICAL',
          'DEFECTDOJO_URL uses HTTP — API key will be transmitted in cleartext',
        ),
      )
    }
    return withoutApiPath(url, notices)
  }
  return null
}

/** People copy the address of the API out of its documentation. */
function withoutApiPath(url: URL, notices: Notice[]): string {
  const path = url.pathname.replace(/\/+$/, '')
  const prefix = path.replace(/\/api(\/v2)?$/, '')
  if (prefix !== path) {
    notices.push(
      configWarning('DEFECTDOJO_URL ends in /api or /api/v2, which is appended anyway — left out'),
    )
  }
  return url.origin + prefix
}

import { quoted } from '../config/quote.js'
import { type Check, ok, problem, warning } from './check.js'
import type { ProbeResult } from './probe.js'

/** `Date` counts whole seconds, and the answer takes its time; below this the clocks agree as far as can be told. */
const toleratedSeconds = 5
/** From here on, records of the two systems cannot be brought together any more. */
const hopelessSeconds = 300

/** Compares our clock with that of the server; the trail's timestamps have to fit DefectDojo's history. */
export function judgeClock(result: ProbeResult, askedAt: number, answeredAt: number): Check | null {
  const theirs = 'reply' in result ? result.reply.date : undefined
  if (theirs === undefined) return null
  // `Date` is cut to the second, so on average it is half a second old.
  const skew = Math.round(((askedAt + answeredAt) / 2 - (theirs + 500)) / 1000)
  const size = Math.abs(skew)
  if (size <= toleratedSeconds) {
    return ok('clock', 'The clocks of this machine and of the server agree.')
  }
  const judge = size > hopelessSeconds ? problem : warning
  return judge(
    'clock',
    `The clock of this machine is ${size} s ${skew > 0 ? 'ahead of' : 'behind'} that of the server.`,
    'Synchronise both with NTP: the audit trail is compared with the history of DefectDojo by time.',
  )
}

/** Reads the release out of the first bytes of DefectDojo's OpenAPI document. */
export function judgeVersion(result: ProbeResult): Check {
  const text = 'reply' in result && result.reply.status === 200 ? result.reply.text : ''
  const version = /"version"\s*:\s*"([^"]{1,40})"/.exec(text)?.[1]
  if (version === undefined) {
    return warning(
      'version',
      'The version of DefectDojo could not be read.',
      'Nothing depends on it. A proxy may keep /oa3/schema/ closed.',
    )
  }
  const [, major = '', minor = ''] = /^v?(\d+)\.(\d+)/.exec(version) ?? []
  const known = major === '3' || (major === '2' && Number(minor) >= 25)
  const found = `DefectDojo ${quoted(version).slice(1, -1)}.`
  return known
    ? ok('version', found)
    : warning(
        'version',
        found,
        'This service was made for DefectDojo 2.25 to 3.x; some tools may fail.',
      )
}

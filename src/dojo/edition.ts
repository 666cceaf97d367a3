import { failureOfPage } from './failures.js'

/** What an instance of DefectDojo can do, told by its list of resources rather than by its version number. */
export interface Edition {
  /** `close/` takes the note in the same call (2.56 and later). */
  readonly closesWithNote: boolean
  /** Which releases have these resources; null where the names do not tell. */
  readonly release: Release | null
}

/** Releases that differ in what they offer. */
export const releases = ['before 2.56', '2.56 or later, before 3.0', '3.0 or later'] as const
/** One of {@link releases}. */
export type Release = (typeof releases)[number]

/**
 * Reads the index of the API, an object whose keys are the names of the resources (DefectDojo API §12).
 * @throws DojoFailure when it is the index of something else
 */
function editionOf(index: unknown): Edition {
  if (index === null || typeof index !== 'object' || !('findings' in index)) {
    throw failureOfPage(200)
  }
  return { closesWithNote: 'assets' in index, release: releaseOf(index) }
}

function releaseOf(index: object): Release | null {
  // Gone in 3.0. What came in their place is not in every 3.x: roles, for one, are in Pro still.
  if ('stub_findings' in index) {
    return 'assets' in index ? '2.56 or later, before 3.0' : 'before 2.56'
  }
  return 'assets' in index ? '3.0 or later' : null
}

/** Asks once and remembers; those who ask meanwhile share the request. A failure is not remembered. */
export function rememberEdition(): (ask: () => Promise<unknown>) => Promise<Edition> {
  let known: Promise<Edition> | undefined

  return (ask) => {
    if (known) return known
    const asked = ask().then(editionOf)
    known = asked
    asked.catch(() => {
      if (known === asked) known = undefined
    })
    return asked
  }
}

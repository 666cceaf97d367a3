import { failureOfPage } from './failures.js'

/** What an instance of DefectDojo can do, told by its list of resources rather than by its version number. */
export interface Edition {
  /** `close/` takes the note in the same call (2.56 and later). */
  readonly closesWithNote: boolean
}

/**
 * Reads the index of the API, an object whose keys are the names of the resources (DefectDojo API §12).
 * @throws DojoFailure when it is the index of something else
 */
function editionOf(index: unknown): Edition {
  if (index === null || typeof index !== 'object' || !('findings' in index)) {
    throw failureOfPage(200)
  }
  return { closesWithNote: 'assets' in index }
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

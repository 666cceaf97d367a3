/** A wait that can be cut short. */
export interface Sleeper {
  /** Resolves after so many milliseconds, at the latest; `Infinity` waits until it is woken. */
  sleep(milliseconds: number): Promise<void>
  /** Ends the present wait, or the next one if there is none. */
  wake(): void
}

/** `after` runs a callback once and returns how to cancel it. */
export function createSleeper(
  after: (milliseconds: number, callback: () => void) => () => void,
): Sleeper {
  let woken = false
  let end: (() => void) | null = null

  return {
    sleep(milliseconds) {
      if (woken) {
        woken = false
        return Promise.resolve()
      }
      return new Promise((resolve) => {
        const cancel = Number.isFinite(milliseconds) ? after(milliseconds, () => end?.()) : () => {}
        end = () => {
          end = null
          cancel()
          resolve()
        }
      })
    },

    wake() {
      if (end) end()
      else woken = true
    },
  }
}

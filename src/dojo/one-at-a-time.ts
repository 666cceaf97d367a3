/**
 * A queue per key: work under the same key runs one after the other in the order it came, other keys are not held up.
 * `patiently` waits for the turn and may reject to leave the queue; the place of the one who left passes on without a gap.
 */
export interface OneAtATime<Key> {
  run<T>(
    key: Key,
    work: () => Promise<T>,
    patiently?: (turn: Promise<void>) => Promise<void>,
  ): Promise<T>
}

export function createOneAtATime<Key>(): OneAtATime<Key> {
  const tails = new Map<Key, Promise<void>>()

  return {
    async run(key, work, patiently = (turn) => turn) {
      const previous = tails.get(key)
      let finish = (): void => {}
      const finished = new Promise<void>((resolve) => {
        finish = resolve
      })
      // Whoever gives up early is done at once, yet those behind still wait for the one in front.
      const tail = (previous ?? Promise.resolve()).then(() => finished)
      tails.set(key, tail)
      void tail.then(() => {
        if (tails.get(key) === tail) tails.delete(key)
      })
      try {
        if (previous) await patiently(previous)
        return await work()
      } finally {
        finish()
      }
    },
  }
}

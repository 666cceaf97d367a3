let stopped: Promise<NodeJS.Signals> | undefined

/**
 * Resolves on the first SIGTERM or SIGINT; a second one ends the process at once. It listens from its first call on, whoever
 * calls it: a command that calls it before it starts something is stopped in order even while it still starts.
 */
export function untilStopped(): Promise<NodeJS.Signals> {
  stopped ??= new Promise((resolve) => {
    const stop = (signal: NodeJS.Signals): void => {
      process.once('SIGTERM', () => process.exit(1))
      process.once('SIGINT', () => process.exit(1))
      resolve(signal)
    }
    process.once('SIGTERM', stop)
    process.once('SIGINT', stop)
  })
  return stopped
}

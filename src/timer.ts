/** Runs a callback once, after so many milliseconds, and returns how to cancel that; does not keep the process alive. */
export const startTimer = (milliseconds: number, callback: () => void): (() => void) => {
  const timer = setTimeout(callback, milliseconds).unref()
  return () => clearTimeout(timer)
}

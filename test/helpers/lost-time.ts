const beatMs = 10

/**
 * Measures what a busy machine takes from this process: the seconds by which a timer of 10 ms fell behind, one beat after another.
 * A limit in seconds holds for what the code does with the time that is left.
 */
export function measureLostTime(): () => number {
  let lostMs = 0
  let last = performance.now()
  const timer = setInterval(() => {
    const now = performance.now()
    lostMs += Math.max(0, now - last - beatMs)
    last = now
  }, beatMs)
  return () => {
    clearInterval(timer)
    return (lostMs + Math.max(0, performance.now() - last - beatMs)) / 1000
  }
}

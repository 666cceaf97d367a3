import type { Test } from 'tap'

type Content = Parameters<Test['testdir']>[0]

/**
 * A directory of the test's own, removed after everything that the test tears down. Tap alone would remove it before whatever was
 * registered later, while that still writes to it.
 */
export function testDirectory(t: Test, content?: Content): string {
  t.teardown(() => {})
  return t.testdir(content)
}

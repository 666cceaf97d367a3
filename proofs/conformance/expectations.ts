import type { Revision } from './runner.js'

/** How many scenarios a revision asks of a server; its set is frozen, so another number is a list that was not understood. */
export const counted: Readonly<Record<Revision, number>> = { '2025-11-25': 30, '2026-07-28': 37 }

/** Scenarios that do not count, and that are passed all the same. The others are an extension that is not spoken here: tasks. */
export const passedBeyond: Readonly<Record<Revision, ReadonlySet<string>>> = {
  '2025-11-25': new Set(['server-session-lifecycle', 'server-sse-polling', 'json-schema-2020-12']),
  '2026-07-28': new Set([
    'json-schema-2020-12',
    'http-header-validation',
    'http-custom-header-server-validation',
  ]),
}

/**
 * Scenarios that call nothing by a name of the runner's own, so that they say something about the product's catalogue too. A few of
 * the others come out well there for no good reason: an unknown tool is an error with a text, and that is all they look at.
 */
export const withoutFixtures: Readonly<Record<Revision, ReadonlySet<string>>> = {
  '2025-11-25': new Set([
    'server-initialize',
    'logging-set-level',
    'ping',
    'tools-list',
    'server-sse-multiple-streams',
    'resources-list',
    'prompts-list',
    'dns-rebinding-protection',
    'server-session-lifecycle',
  ]),
  '2026-07-28': new Set([
    'server-stateless',
    'tools-list',
    'server-sse-multiple-streams',
    'resources-list',
    'sep-2164-resource-not-found',
    'prompts-list',
    'dns-rebinding-protection',
    'caching',
    'input-required-result-unsupported-methods',
    'http-header-validation',
  ]),
}

/** Checks within those scenarios that call one of the runner's tools after all. */
export const needFixtures: ReadonlySet<string> = new Set([
  'sep-2575-server-rejects-undeclared-capability',
  'sep-2575-missing-capability-http-400',
  'sep-2575-http-server-no-independent-requests-on-stream',
  'sep-2575-server-no-log-without-loglevel',
])

import { counted, needFixtures, passedBeyond, withoutFixtures } from './conformance/expectations.js'
import {
  type Check,
  findRunner,
  type Revision,
  type RunnerResult,
  revisions,
  type Scenario,
  wanted,
} from './conformance/runner.js'
import {
  startGuardedFixtures,
  startOpenFixtures,
  startProduct,
  type Target,
} from './conformance/targets.js'
import { startProof } from './measure.js'

// The protocol's own referee. It calls tools, resources and prompts by names of its own, so it meets our endpoint with a catalogue
// made for it, once open and once behind a token; and the product itself, where it needs no name.

const proof = startProof('The official conformance runner')
const runner = await findRunner()
proof.check('the runner is the one we name', runner.version === wanted.runner, runner.version)
proof.check('and runs on the Node it asks for', runner.node.startsWith(wanted.node), runner.node)

const scenarios = new Map<Revision, readonly Scenario[]>()
for (const revision of revisions) {
  const asked = await runner.scenarios(revision)
  scenarios.set(revision, asked)
  const count = asked.filter(({ unscored }) => unscored === null).length
  proof.check(
    `${revision} asks for ${counted[revision]} scenarios`,
    count === counted[revision],
    count,
  )
  proof.check(
    'and knows those we name',
    [...passedBeyond[revision], ...withoutFixtures[revision]].every((named) =>
      asked.some(({ name }) => name === named),
    ),
  )
}

// They spend their time waiting, so they run side by side.
const [open, guarded, product] = await Promise.all([
  proof.short ? undefined : results(startOpenFixtures),
  results(startGuardedFixtures),
  results(startProduct),
])
for (const revision of revisions) {
  if (open !== undefined) reportFixtures(revision, 'open', open(revision))
  reportFixtures(revision, 'token', guarded(revision))
  reportProduct(revision, product(revision))
}
proof.end()

/** Runs every revision against a target, one after the other. */
async function results(
  start: () => Promise<Target>,
): Promise<(revision: Revision) => RunnerResult> {
  const target = await start()
  try {
    const found = new Map<Revision, RunnerResult>()
    for (const revision of revisions) found.set(revision, await runner.test(target.mcp, revision))
    return (revision) => found.get(revision) as RunnerResult
  } finally {
    await target.close()
  }
}

function reportFixtures(revision: Revision, target: string, result: RunnerResult): void {
  for (const scenario of scenarios.get(revision) ?? []) {
    const checks = result.checks.get(scenario.name) ?? []
    if (scenario.unscored === null || passedBeyond[revision].has(scenario.name)) {
      report(revision, target, scenario, checks)
    } else {
      proof.note(`${row(revision, target, scenario.name)} (${figure(scenario, checks)})`)
    }
  }
  const verdict = row(revision, target, 'the revision is met, says the runner')
  proof.check(verdict, result.status === 0, `exit ${result.status}`)
  if (result.status !== 0) proof.note(result.output)
}

function reportProduct(revision: Revision, result: RunnerResult): void {
  for (const scenario of scenarios.get(revision) ?? []) {
    if (!withoutFixtures[revision].has(scenario.name)) continue
    const checks = result.checks.get(scenario.name) ?? []
    report(
      revision,
      'product',
      scenario,
      checks.filter(({ id }) => !needFixtures.has(id)),
    )
  }
}

/** A scenario is passed when something of it was, and nothing failed or drew a warning: what a server SHOULD do is done here. */
function report(
  revision: Revision,
  target: string,
  scenario: Scenario,
  checks: readonly Check[],
): void {
  const wrong = checks.filter(({ status }) => status === 'FAILURE' || status === 'WARNING')
  const right = checks.some(({ status }) => status === 'SUCCESS')
  const passed = right && wrong.length === 0
  proof.check(row(revision, target, scenario.name), passed, figure(scenario, checks))
  for (const { id, status, errorMessage, details } of wrong) {
    proof.note(`${status} ${id}: ${errorMessage} ${JSON.stringify(details ?? {}).slice(0, 1000)}`)
  }
}

function row(revision: Revision, target: string, name: string): string {
  return `${revision}  ${target.padEnd(7)}  ${name.padEnd(45)}`
}

function figure({ unscored }: Scenario, checks: readonly Check[]): string {
  const count = (wantedStatus: Check['status']): number =>
    checks.filter(({ status }) => status === wantedStatus).length
  const warned = count('WARNING')
  return [
    `${count('SUCCESS')} passed, ${count('FAILURE')} failed`,
    ...(warned > 0 ? [`, ${warned} warnings`] : []),
    ...(unscored === null ? [] : [`; not scored: ${unscored}`]),
  ].join('')
}

import { createPresenter, type Presenter, type WrappingMode } from '../guard/untrusted-envelope.js'
import type { Tool } from '../tools/define-tool.js'

/** What a client asks for. Each kind has names of its own: a prompt cannot be called as a tool. */
export type CallKind = 'tool' | 'resource' | 'prompt' | 'completion' | 'listing'

/** Anything that runs through the pipeline, with its types forgotten. */
export type Operation = Pick<
  Tool,
  'name' | 'permission' | 'effect' | 'input' | 'output' | 'check' | 'run'
>

/** An operation with the presenter of its results, compiled once at start. */
export interface PreparedOperation {
  readonly operation: Operation
  readonly presenter: Presenter
}

/** Operations of one kind by name, in the order they are listed. */
export type PreparedOperations = ReadonlyMap<string, PreparedOperation>

/** Everything that can be asked for. */
export type Operations = Readonly<Record<CallKind, PreparedOperations>>

const recordedPrefixes: Record<CallKind, string> = {
  tool: '',
  resource: 'resources/read:',
  prompt: 'prompts/get:',
  completion: 'completion/complete:',
  listing: 'resources/list:',
}

/** The `tool_name` of a call in the audit trail and the metrics: a tool's own name, else the protocol's method in front of it. */
export const recordedName = (kind: CallKind, name: string): string => recordedPrefixes[kind] + name

/**
 * Compiles what each operation's results look like under `mode`.
 *
 * @throws TypeError when two have one name, of which one would never run
 */
export const prepare = (
  operations: readonly Operation[],
  mode: WrappingMode,
): PreparedOperations => {
  const prepared = new Map<string, PreparedOperation>()
  for (const operation of operations) {
    if (prepared.has(operation.name)) throw new TypeError(`${operation.name} is there twice`)
    const presenter = createPresenter(operation.output, mode)
    prepared.set(operation.name, { operation, presenter })
  }
  return prepared
}

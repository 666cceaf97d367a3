import { createPresenter, type Presenter, type WrappingMode } from '../guard/untrusted-envelope.js'
import type { Tool } from '../tools/define-tool.js'

/** A tool with the presenter of its results, compiled once at start. */
export interface PreparedTool {
  readonly tool: Tool
  readonly presenter: Presenter
}

/** Tools by name, in the order they are listed. */
export type PreparedTools = ReadonlyMap<string, PreparedTool>

/** Compiles what each tool's results look like under `mode`. */
export const prepareTools = (tools: readonly Tool[], mode: WrappingMode): PreparedTools =>
  new Map(tools.map((tool) => [tool.name, { tool, presenter: createPresenter(tool.output, mode) }]))

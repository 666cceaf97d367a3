import type { Tool as ListedTool } from '@modelcontextprotocol/server'
import type { Caller } from '../access/caller.js'
import type { PreparedTools } from '../pipeline/prepared-tools.js'
import { annotations } from '../tools/define-tool.js'

/** What `tools/list` shows a caller. */
export interface Catalogue {
  /** Only the tools the caller may use, always in the same order and with the same text. */
  listFor(caller: Caller): readonly ListedTool[]
}

/** Builds every entry once; a caller's list is a selection of them, remembered by what it may do. */
export function createCatalogue(prepared: PreparedTools): Catalogue {
  const entries = [...prepared.values()].map(({ tool, presenter }) => ({
    permission: tool.permission,
    listed: Object.freeze({
      name: tool.name,
      title: tool.title,
      description: tool.description,
      inputSchema: tool.input.schema as ListedTool['inputSchema'],
      outputSchema: presenter.outputSchema as NonNullable<ListedTool['outputSchema']>,
      annotations: annotations(tool),
    }) satisfies ListedTool,
  }))
  const lists = new Map<string, readonly ListedTool[]>()

  return {
    listFor({ permissions }) {
      const key = [...permissions].sort().join(' ')
      let list = lists.get(key)
      if (list === undefined) {
        list = Object.freeze(
          entries.filter((entry) => permissions.has(entry.permission)).map((entry) => entry.listed),
        )
        lists.set(key, list)
      }
      return list
    },
  }
}

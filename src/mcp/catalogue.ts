import type {
  Prompt as ListedPrompt,
  Resource as ListedResource,
  ResourceTemplateType as ListedTemplate,
  Tool as ListedTool,
} from '@modelcontextprotocol/server'
import type { Caller } from '../access/caller.js'
import type { Permission } from '../access/permissions.js'
import type { PreparedOperations } from '../pipeline/operation.js'
import type { Prompt } from '../prompts/define-prompt.js'
import { fixedAddress, isTemplate, type Resource } from '../resources/define-resource.js'
import { annotations, type Tool } from '../tools/define-tool.js'

/** What the lists show a caller: only what the caller may use, always in the same order and with the same text. */
export interface Catalogue {
  readonly tools: ListFor<ListedTool>
  readonly resources: ListFor<ListedResource>
  readonly templates: ListFor<ListedTemplate>
  readonly prompts: ListFor<ListedPrompt>
}

/** One list, as a caller sees it. */
export type ListFor<Entry> = (caller: Pick<Caller, 'permissions'>) => readonly Entry[]

const json = 'application/json'

/** Builds every entry once; a caller's list is a selection of them, remembered by what it may do. */
export function createCatalogue(
  offer: {
    readonly tools: readonly Tool[]
    readonly resources: readonly Resource[]
    readonly prompts: readonly Prompt[]
  },
  preparedTools: PreparedOperations,
): Catalogue {
  const templates = offer.resources.filter(isTemplate)
  const fixed = offer.resources.filter((resource) => fixedAddress(resource) !== undefined)
  return {
    tools: selection(offer.tools, (tool) => ({
      name: tool.name,
      title: tool.title,
      description: tool.description,
      inputSchema: tool.input.schema as ListedTool['inputSchema'],
      outputSchema: preparedTools.get(tool.name)?.presenter.outputSchema as NonNullable<
        ListedTool['outputSchema']
      >,
      annotations: annotations(tool),
    })),
    resources: selection(fixed, ({ name, title, description, uri }) => ({
      uri: fixedAddress({ uri }) ?? uri,
      name,
      title,
      description,
      mimeType: json,
    })),
    templates: selection(templates, ({ name, title, description, uri }) => ({
      uriTemplate: uri,
      name,
      title,
      description,
      mimeType: json,
    })),
    prompts: selection(offer.prompts, ({ name, title, description, input }) => ({
      name,
      title,
      description,
      arguments: promptArguments(input.schema),
    })),
  }
}

function selection<Item extends { readonly permission: Permission }, Entry extends object>(
  items: readonly Item[],
  entryOf: (item: Item) => Entry,
): ListFor<Entry> {
  const entries = items.map((item) => ({
    permission: item.permission,
    entry: Object.freeze(entryOf(item)),
  }))
  const lists = new Map<string, readonly Entry[]>()
  return ({ permissions }) => {
    const key = [...permissions].sort().join(' ')
    let list = lists.get(key)
    if (list === undefined) {
      list = Object.freeze(
        entries.filter(({ permission }) => permissions.has(permission)).map(({ entry }) => entry),
      )
      lists.set(key, list)
    }
    return list
  }
}

function promptArguments(schema: Readonly<Record<string, unknown>>): ListedPrompt['arguments'] {
  const properties = schema.properties as Readonly<Record<string, { description?: string }>>
  const required = new Set((schema.required ?? []) as readonly string[])
  return Object.entries(properties).map(([name, { description }]) => ({
    name,
    ...(description !== undefined && { description }),
    required: required.has(name),
  }))
}

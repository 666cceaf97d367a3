import { completionOperations } from '../completions/completion-operations.js'
import type { WrappingMode } from '../guard/untrusted-envelope.js'
import { type Prompt, promptOperation } from '../prompts/define-prompt.js'
import { type Resource, readOperation } from '../resources/define-resource.js'
import { productListing } from '../resources/product-listing.js'
import type { Tool } from '../tools/define-tool.js'
import { type Operations, prepare } from './operation.js'

/** What a server offers. */
export interface Offer {
  readonly tools: readonly Tool[]
  readonly resources: readonly Resource[]
  readonly prompts: readonly Prompt[]
}

/** Makes everything of an offer ready to run. */
export function prepareOperations(offer: Offer, mode: WrappingMode): Operations {
  const { tools, resources, prompts } = offer
  return {
    tool: prepare(tools, mode),
    resource: prepare(resources.map(readOperation), mode),
    prompt: prepare(prompts.map(promptOperation), mode),
    completion: prepare([...prompts, ...resources].flatMap(completionOperations), mode),
    listing: prepare([productListing], mode),
  }
}

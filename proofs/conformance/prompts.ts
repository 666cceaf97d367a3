import {
  type ContentBlock,
  fromJsonSchema,
  type McpServer,
  type PromptMessage,
} from '@modelcontextprotocol/server'
import { pngImage } from './samples.js'

const said = (content: ContentBlock): PromptMessage => ({ role: 'user', content })
const saidText = (text: string): PromptMessage => said({ type: 'text', text })

const texts = (...names: string[]) => ({
  type: 'object' as const,
  properties: Object.fromEntries(names.map((name) => [name, { type: 'string' as const }])),
  required: names,
})

/** Prompts with and without arguments, with an image and with a resource, and completion of an argument. */
export function addPrompts(server: McpServer): void {
  server.registerPrompt('test_simple_prompt', { description: 'No arguments' }, () => ({
    messages: [saidText('This is a simple prompt for testing.')],
  }))
  server.registerPrompt(
    'test_prompt_with_arguments',
    {
      description: 'Two arguments',
      argsSchema: fromJsonSchema<{ arg1: string; arg2: string }>(texts('arg1', 'arg2')),
    },
    ({ arg1, arg2 }) => ({
      messages: [saidText(`Prompt with arguments: arg1='${arg1}', arg2='${arg2}'`)],
    }),
  )
  server.registerPrompt(
    'test_prompt_with_embedded_resource',
    {
      description: 'A resource within the prompt',
      argsSchema: fromJsonSchema<{ resourceUri: string }>(texts('resourceUri')),
    },
    ({ resourceUri: uri }) => ({
      messages: [
        said({
          type: 'resource',
          resource: {
            uri,
            mimeType: 'text/plain',
            text: 'Embedded resource content for testing.',
          },
        }),
        saidText('Please process the embedded resource above.'),
      ],
    }),
  )
  server.registerPrompt('test_prompt_with_image', { description: 'An image' }, () => ({
    messages: [
      said({ type: 'image', data: pngImage, mimeType: 'image/png' }),
      saidText('Please analyze the image above.'),
    ],
  }))

  server.server.setRequestHandler('completion/complete', ({ params }) => {
    const values = ['testing', 'tests'].filter((value) => value.startsWith(params.argument.value))
    return { completion: { values, total: values.length, hasMore: false } }
  })
}

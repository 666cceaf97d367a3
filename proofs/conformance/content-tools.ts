import { type ContentBlock, fromJsonSchema, type McpServer } from '@modelcontextprotocol/server'
import { pngImage, wavSound } from './samples.js'

const text = (said: string): ContentBlock => ({ type: 'text', text: said })
const image: ContentBlock = { type: 'image', data: pngImage, mimeType: 'image/png' }

/** Tools that answer with content of every kind, or not at all. */
export function addContentTools(server: McpServer): void {
  const answering = (name: string, description: string, ...content: ContentBlock[]): void => {
    server.registerTool(name, { description }, async () => ({ content }))
  }

  answering('test_simple_text', 'Text', text('This is a simple text response for testing.'))
  answering('test_image_content', 'An image', image)
  answering('test_audio_content', 'A sound', {
    type: 'audio',
    data: wavSound,
    mimeType: 'audio/wav',
  })
  answering('test_embedded_resource', 'A resource within the answer', {
    type: 'resource',
    resource: {
      uri: 'test://embedded-resource',
      mimeType: 'text/plain',
      text: 'This is an embedded resource content.',
    },
  })
  answering(
    'test_multiple_content_types',
    'Text, an image and a resource',
    text('Multiple content types test:'),
    image,
    {
      type: 'resource',
      resource: {
        uri: 'test://mixed-content-resource',
        mimeType: 'application/json',
        text: JSON.stringify({ test: 'data', value: 123 }),
      },
    },
  )
  server.registerTool('test_error_handling', { description: 'Fails' }, async () => {
    throw new Error('This tool intentionally returns an error for testing')
  })
}

/** Tools whose schemas use what a server could lose on the way: all of JSON Schema 2020-12, and an argument that is a header too. */
export function addSchemaTools(server: McpServer): void {
  server.registerTool(
    'json_schema_2020_12_tool',
    { description: 'Tool with JSON Schema 2020-12 features', inputSchema: wholeVocabulary },
    async (args) => ({ content: [text(JSON.stringify(args))] }),
  )
  server.registerTool(
    'test_x_mcp_header',
    { description: 'Takes an argument that is also a header', inputSchema: withHeader },
    async ({ region }) => ({ content: [text(`region: ${region ?? 'none'}`)] }),
  )
}

const region = { type: 'string' as const, 'x-mcp-header': 'Region' }
const withHeader = fromJsonSchema<{ region?: string }>({ type: 'object', properties: { region } })

const requires = (name: string) => ({ required: [name] })

const wholeVocabulary = fromJsonSchema({
  $schema: 'https://json-schema.org/draft/2020-12/schema',
  type: 'object',
  $defs: {
    address: {
      $anchor: 'addressDef',
      type: 'object',
      properties: { street: { type: 'string' }, city: { type: 'string' } },
    },
  },
  properties: {
    name: { type: 'string' },
    address: { $ref: '#/$defs/address' },
    contactMethod: { type: 'string', enum: ['phone', 'email'] },
    phone: { type: 'string' },
    email: { type: 'string' },
  },
  allOf: [{ anyOf: [requires('phone'), requires('email')] }],
  if: { properties: { contactMethod: { const: 'phone' } }, required: ['contactMethod'] },
  // biome-ignore lint/suspicious/noThenProperty: a keyword of JSON Schema
  then: requires('phone'),
  else: requires('email'),
  additionalProperties: false,
})

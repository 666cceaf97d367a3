import {
  type ElicitRequestFormParams,
  fromJsonSchema,
  type McpServer,
} from '@modelcontextprotocol/server'

const done = (text: string) => ({ content: [{ type: 'text' as const, text }] })

/** Tools that ask the client in the middle of a call, by requests of their own: so up to 2025-11-25. */
export function addAskingTools(server: McpServer): void {
  server.registerTool(
    'test_sampling',
    {
      description: "Asks the client's model",
      inputSchema: fromJsonSchema<{ prompt: string }>(oneText('prompt')),
    },
    async ({ prompt }, { mcpReq }) => {
      const { content } = await mcpReq.requestSampling({
        messages: [{ role: 'user', content: { type: 'text', text: prompt } }],
        maxTokens: 100,
      })
      return done(`LLM response: ${JSON.stringify(content)}`)
    },
  )
  server.registerTool(
    'test_elicitation',
    {
      description: 'Asks the person at the client',
      inputSchema: fromJsonSchema<{ message: string }>(oneText('message')),
    },
    async ({ message }, { mcpReq }) => {
      const { action, content } = await mcpReq.elicitInput({
        message,
        requestedSchema: {
          type: 'object',
          properties: {
            username: { type: 'string', description: "User's response" },
            email: { type: 'string', description: "User's email address" },
          },
          required: ['username', 'email'],
        },
      })
      return done(`User response: ${JSON.stringify({ action, content })}`)
    },
  )
  addForm(server, 'test_elicitation_sep1034_defaults', {
    name: { type: 'string', default: 'John Doe' },
    age: { type: 'integer', default: 30 },
    score: { type: 'number', default: 95.5 },
    status: { type: 'string', enum: ['active', 'inactive', 'pending'], default: 'active' },
    verified: { type: 'boolean', default: true },
  })
  addForm(server, 'test_elicitation_sep1330_enums', {
    untitledSingle: { type: 'string', enum: options },
    titledSingle: { type: 'string', oneOf: titled('Option') },
    legacyEnum: {
      type: 'string',
      enum: ['opt1', 'opt2', 'opt3'],
      enumNames: ['Option One', 'Option Two', 'Option Three'],
    },
    untitledMulti: { type: 'array', items: { type: 'string', enum: options } },
    titledMulti: { type: 'array', items: { anyOf: titled('Choice') } },
  })
}

type Properties = ElicitRequestFormParams['requestedSchema']['properties']

function addForm(server: McpServer, name: string, properties: Properties): void {
  server.registerTool(
    name,
    { description: 'Asks the person at the client to fill in a form' },
    async ({ mcpReq }) => {
      const { action, content } = await mcpReq.elicitInput({
        message: 'Please fill in the form',
        requestedSchema: { type: 'object', properties },
      })
      return done(
        `Elicitation completed: action=${action}, content=${JSON.stringify(content ?? {})}`,
      )
    },
  )
}

const options = ['option1', 'option2', 'option3']

const titled = (noun: string) =>
  ['First', 'Second', 'Third'].map((ordinal, index) => ({
    const: `value${index + 1}`,
    title: `${ordinal} ${noun}`,
  }))

const oneText = (name: string) => ({
  type: 'object' as const,
  properties: { [name]: { type: 'string' as const } },
  required: [name],
})

import { randomBytes } from 'node:crypto'
import {
  acceptedContent,
  createRequestStateCodec,
  type InputRequests,
  type InputRequiredResult,
  inputRequired,
  type McpServer,
  type ServerContext,
} from '@modelcontextprotocol/server'

type Asked = ServerContext['mcpReq']

const done = (text: string) => ({ content: [{ type: 'text' as const, text }] })

/** What comes back from a client is as good as what an attacker sends, so it is sealed. */
const states = createRequestStateCodec<{ readonly round: number }>({ key: randomBytes(32) })

/** Checks the seal of a state before any handler sees it. */
export const { verify: verifyRequestState } = states

/** Tools and a prompt that ask the client by their result, and are called again with the answers: so from 2026-07-28. */
export function addInputRequired(server: McpServer): void {
  const asking = (
    name: string,
    run: (asked: Asked) => Promise<InputRequiredResult | ReturnType<typeof done>>,
  ): void => {
    server.registerTool(name, { description: 'Asks by its result' }, ({ mcpReq }) => run(mcpReq))
  }

  asking('test_input_required_result_elicitation', async ({ inputResponses }) => {
    const answer = acceptedContent<{ name: string }>(inputResponses, 'user_name')
    return typeof answer?.name === 'string'
      ? done(`Hello, ${answer.name}!`)
      : inputRequired({ inputRequests: { user_name: askText('name', 'What is your name?') } })
  })
  asking('test_input_required_result_sampling', async ({ inputResponses }) =>
    inputResponses?.capital_question === undefined
      ? inputRequired({
          inputRequests: { capital_question: askModel('What is the capital of France?', 100) },
        })
      : done(JSON.stringify(inputResponses.capital_question)),
  )
  asking('test_input_required_result_list_roots', async ({ inputResponses }) =>
    inputResponses?.client_roots === undefined
      ? inputRequired({ inputRequests: { client_roots: inputRequired.listRoots() } })
      : done(JSON.stringify(inputResponses.client_roots)),
  )
  asking('test_input_required_result_request_state', confirmed('state-ok'))
  asking('test_input_required_result_tampered_state', confirmed('integrity-ok'))
  asking('test_input_required_result_multiple_inputs', async ({ inputResponses = {} }) =>
    Object.keys(everyKind).every((key) => inputResponses[key] !== undefined)
      ? done(JSON.stringify(inputResponses))
      : inputRequired({ inputRequests: everyKind, requestState: await states.mint({ round: 1 }) }),
  )
  asking('test_input_required_result_multi_round', async (asked) => {
    const round = asked.requestState<{ round: number }>()?.round ?? 0
    const next = [
      { step1: askText('name', 'Step 1: What is your name?') },
      { step2: askText('color', 'Step 2: What is your favorite color?') },
    ][round]
    return next === undefined
      ? done('Both questions are answered.')
      : inputRequired({
          inputRequests: next,
          requestState: await states.mint({ round: round + 1 }),
        })
  })
  asking('test_input_required_result_capabilities', async ({ inputResponses }) => {
    if (inputResponses !== undefined) return done('Answered.')
    const able = server.server.getClientCapabilities()
    const inputRequests: InputRequests = {
      ...(able?.elicitation && { user_name: everyKind.user_name }),
      ...(able?.sampling && { greeting: everyKind.greeting }),
      ...(able?.roots && { client_roots: everyKind.client_roots }),
    }
    return Object.keys(inputRequests).length > 0
      ? inputRequired({ inputRequests })
      : done('The client can be asked nothing.')
  })
  // Asks what the client may not be able to answer: the SDK has to refuse it.
  asking('test_missing_capability', async ({ inputResponses }) =>
    inputResponses?.greeting === undefined
      ? inputRequired({ inputRequests: { greeting: everyKind.greeting } })
      : done('Answered.'),
  )

  server.registerPrompt(
    'test_input_required_result_prompt',
    { description: 'Asks by its result' },
    // A prompt without arguments gets the context in their place; its type does not say so.
    (context: unknown) => {
      const { inputResponses } = (context as ServerContext).mcpReq
      const answer = acceptedContent<{ context: string }>(inputResponses, 'user_context')
      if (answer === undefined) {
        const question = askText('context', 'What context should the prompt use?')
        return inputRequired({ inputRequests: { user_context: question } })
      }
      const text = `Use the following context: ${answer.context}`
      return { messages: [{ role: 'user' as const, content: { type: 'text' as const, text } }] }
    },
  )
}

const askText = (name: string, message: string) =>
  inputRequired.elicit({
    message,
    requestedSchema: {
      type: 'object',
      properties: { [name]: { type: 'string' } },
      required: [name],
    },
  })

const askModel = (text: string, maxTokens: number) =>
  inputRequired.createMessage({
    messages: [{ role: 'user', content: { type: 'text', text } }],
    maxTokens,
  })

const everyKind = {
  user_name: askText('name', 'What is your name?'),
  greeting: askModel('Generate a greeting', 50),
  client_roots: inputRequired.listRoots(),
}

/** Asks once for a confirmation and accepts it only with the state that went with the question. */
const confirmed =
  (word: string) =>
  async ({ inputResponses, requestState }: Asked) =>
    requestState() !== undefined && acceptedContent(inputResponses, 'confirm') !== undefined
      ? done(`${word}: confirmed`)
      : inputRequired({
          inputRequests: {
            confirm: inputRequired.elicit({
              message: 'Please confirm',
              requestedSchema: {
                type: 'object',
                properties: { ok: { type: 'boolean' } },
                required: ['ok'],
              },
            }),
          },
          requestState: await states.mint({ round: 1 }),
        })

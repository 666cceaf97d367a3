import { Agent, type IncomingMessage, request } from 'node:http'

export interface ToolAnswer {
  readonly httpStatus: number
  /** The tool did what it was asked for. */
  readonly ok: boolean
  /** Why not, as the answer's `_meta` names it; null where the answer has none. */
  readonly code: string | null
  /** Of a failed call, likewise. */
  readonly requestId: string | null
  readonly text: string
  readonly elapsedMs: number
}

export interface ToolCall {
  readonly tool: string
  readonly arguments?: Record<string, unknown>
  readonly token: string
  /** The JSON-RPC id. */
  readonly id?: string | number
  readonly meta?: Record<string, unknown>
  readonly headers?: Record<string, string>
  /** Calls as a 2025-era client does, within this session. */
  readonly session?: string
  /** Closes the connection. */
  readonly signal?: AbortSignal
}

/** A client that calls tools over connections it keeps. */
export interface ToolClient {
  /** Rejects when the connection ends before the answer. */
  call(call: ToolCall): Promise<ToolAnswer>
  /** Opens a session as 2025-era clients do. */
  openSession(token: string): Promise<string>
  close(): void
}

const modernVersion = '2026-07-28'
const legacyVersion = '2025-11-25'

/** @param localAddress where its connections come from; any address of 127.0.0.0/8 */
export function createToolClient(mcpUrl: string, localAddress = '127.0.0.1'): ToolClient {
  const agent = new Agent({ keepAlive: true, maxSockets: 64 })

  async function post(
    headers: Record<string, string | undefined>,
    message: unknown,
    signal?: AbortSignal,
  ): Promise<{ response: IncomingMessage; body: string }> {
    const response = await new Promise<IncomingMessage>((resolve, reject) => {
      const sent = request(mcpUrl, {
        method: 'POST',
        agent,
        localAddress,
        ...(signal && { signal }),
        headers: {
          accept: 'application/json, text/event-stream',
          'content-type': 'application/json',
          ...Object.fromEntries(Object.entries(headers).filter(([, value]) => value !== undefined)),
        },
      })
      sent.on('response', resolve).on('error', reject).end(JSON.stringify(message))
    })
    let body = ''
    for await (const chunk of response.setEncoding('utf8')) body += chunk
    return { response, body }
  }

  return {
    async call({ tool, token, id = 1, meta, headers, session, signal, ...call }) {
      const startedAt = performance.now()
      const { response, body } = await post(
        {
          authorization: `Bearer ${token}`,
          ...(session === undefined
            ? {
                'mcp-protocol-version': modernVersion,
                'mcp-method': 'tools/call',
                'mcp-name': tool,
              }
            : { 'mcp-protocol-version': legacyVersion, 'mcp-session-id': session }),
          ...headers,
        },
        {
          jsonrpc: '2.0',
          id,
          method: 'tools/call',
          params: {
            name: tool,
            arguments: call.arguments ?? {},
            _meta: { ...(session === undefined && modernMeta), ...meta },
          },
        },
        signal,
      )
      const { result } = messageOf(body)
      const error = result?._meta?.['mcp-defectdojo/error']
      return {
        httpStatus: response.statusCode ?? 0,
        ok: result !== undefined && result.isError !== true,
        code: error?.code ?? null,
        requestId: error?.request_id ?? null,
        text: result?.content?.[0]?.text ?? body,
        elapsedMs: performance.now() - startedAt,
      }
    },

    async openSession(token) {
      const params = {
        protocolVersion: legacyVersion,
        capabilities: {},
        clientInfo: { name: 'proof', version: '1' },
      }
      const { response, body } = await post(
        { authorization: `Bearer ${token}` },
        { jsonrpc: '2.0', id: 0, method: 'initialize', params },
      )
      const session = response.headers['mcp-session-id']
      if (typeof session !== 'string') throw new Error(`no session: ${body}`)
      return session
    },

    close: () => agent.destroy(),
  }
}

/** What a 2026-07-28 request says of its sender. */
export const modernMeta = {
  'io.modelcontextprotocol/protocolVersion': modernVersion,
  'io.modelcontextprotocol/clientInfo': { name: 'proof', version: '1' },
  'io.modelcontextprotocol/clientCapabilities': {},
}

interface ToolResult {
  readonly isError?: boolean
  readonly content?: readonly { readonly text?: string }[]
  readonly _meta?: {
    readonly 'mcp-defectdojo/error'?: { readonly code: string; readonly request_id: string }
  }
}

/** The message in a body that may be one event of a stream. */
function messageOf(body: string): { result?: ToolResult } {
  try {
    return JSON.parse(body.startsWith('{') ? body : (/^data: (.+)$/m.exec(body)?.[1] ?? '{}'))
  } catch {
    return {}
  }
}

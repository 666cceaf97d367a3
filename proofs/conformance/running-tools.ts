import type { McpServer } from '@modelcontextprotocol/server'

const done = (text: string) => ({ content: [{ type: 'text' as const, text }] })

/** Tools that say something while they run, or lose their stream. */
export function addRunningTools(server: McpServer): void {
  server.registerTool(
    'test_tool_with_logging',
    { description: 'Logs three times while it runs' },
    async ({ mcpReq }) => {
      await mcpReq.log('info', 'Tool execution started')
      await mcpReq.log('info', 'Tool processing data')
      await mcpReq.log('info', 'Tool execution completed')
      return done('Tool with logging executed successfully')
    },
  )
  server.registerTool(
    'test_logging_tool',
    { description: 'Logs once, if the request asks for it' },
    async ({ mcpReq }) => {
      await mcpReq.log('info', 'test_logging_tool runs')
      return done('logged')
    },
  )
  server.registerTool(
    'test_tool_with_progress',
    { description: 'Reports progress, if the request asks for it' },
    async ({ mcpReq }) => {
      const { progressToken } = mcpReq._meta ?? {}
      if (progressToken === undefined) return done('no progress token')
      for (const progress of [0, 50, 100]) {
        await mcpReq.notify({
          method: 'notifications/progress',
          params: { progressToken, progress, total: 100, message: `${progress} of 100` },
        })
      }
      return done(String(progressToken))
    },
  )
  server.registerTool(
    'test_streaming_elicitation',
    { description: 'Answers on its stream and asks nothing there' },
    async () => done('only a result'),
  )
  server.registerTool(
    'test_reconnection',
    { description: 'Closes its stream before it answers; the answer waits for who comes back' },
    async ({ http }) => {
      // Absent where the endpoint keeps no events: the answer then comes on the first stream.
      http?.closeSSE?.()
      return done('Reconnection test completed successfully.')
    },
  )
}

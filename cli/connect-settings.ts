/** Ready-to-paste settings that connect each client to a running service over streamable HTTP. */
export function connectSettings(mcp: string, token: string): string {
  const headers = { Authorization: `Bearer ${token}` }
  const block = (value: unknown): string => JSON.stringify(value, null, 2)
  return [
    'Claude Code (any shell)',
    `claude mcp add --transport http defectdojo ${mcp} --header "Authorization: Bearer ${token}"`,
    '',
    'Claude Desktop (claude_desktop_config.json)',
    block({
      mcpServers: {
        defectdojo: {
          command: 'npx',
          // Some hosts split arguments at blanks, so the header's value comes from the environment.
          // biome-ignore lint/suspicious/noTemplateCurlyInString: mcp-remote fills it in, from env
          args: ['-y', 'mcp-remote@latest', mcp, '--header', 'Authorization:${AUTH_HEADER}'],
          env: { AUTH_HEADER: `Bearer ${token}` },
        },
      },
    }),
    '',
    'VS Code (.vscode/mcp.json)',
    block({ servers: { defectdojo: { type: 'http', url: mcp, headers } } }),
    '',
    'Cursor (.cursor/mcp.json)',
    block({ mcpServers: { defectdojo: { url: mcp, headers } } }),
    '',
    'curl',
    `curl -s ${mcp} -H 'Authorization: Bearer ${token}' -H 'Content-Type: application/json' \\`,
    `  -H 'Accept: application/json, text/event-stream' -H 'MCP-Protocol-Version: 2026-07-28' -H 'Mcp-Method: tools/list' \\`,
    `  -d '${JSON.stringify({
      jsonrpc: '2.0',
      id: 1,
      method: 'tools/list',
      params: {
        _meta: {
          'io.modelcontextprotocol/protocolVersion': '2026-07-28',
          'io.modelcontextprotocol/clientInfo': { name: 'curl', version: '8' },
          'io.modelcontextprotocol/clientCapabilities': {},
        },
      },
    })}'`,
  ].join('\n')
}

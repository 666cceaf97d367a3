import type { Test } from 'tap'
import { startSandbox } from '../../sandbox/server.js'
import { childEnvironment, startCommand } from '../helpers/command.js'
import { createGate } from './gate.js'

/** `serve` over stdio as a process of its own, in front of a DefectDojo behind a gate. */
export async function startGatedStdio(t: Test, env: Record<string, string> = {}) {
  const gate = await createGate(t)
  const sandbox = await startSandbox({ seed: 'recorded' })
  t.teardown(() => sandbox.close())
  gate.leadTo(sandbox.url)
  const command = startCommand(t, ['serve'], {
    env: childEnvironment({
      DEFECTDOJO_URL: gate.url,
      DEFECTDOJO_API_KEY: sandbox.apiKey,
      ALLOW_INSECURE_HTTP: 'true',
      AUDIT_HMAC_KEY: 'an audit key that is only used in tests',
      ...env,
    }),
  })
  const { stdin, stdout } = command.child
  if (!stdin || !stdout) throw new Error('the command has no stdin or stdout')
  stdin.on('error', () => {})
  const records = (): Record<string, unknown>[] =>
    command
      .output()
      .stderr.trim()
      .split('\n')
      .map((line) => JSON.parse(line))
  return { gate, sandbox, command, stdin, stdout, records }
}

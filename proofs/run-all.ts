import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { readdirSync } from 'node:fs'
import { basename, join } from 'node:path'

/** Files of this folder that are no proofs themselves. */
const support = new Set([
  'bad-configuration-table.js',
  'measure.js',
  'run-command.js',
  'run-all.js',
])

const here = import.meta.dirname
const wanted = process.argv.slice(2).filter((argument) => !argument.startsWith('--'))
const flags = process.argv.slice(2).filter((argument) => argument.startsWith('--'))
const proofs = readdirSync(here)
  .filter((file) => file.endsWith('.js') && !support.has(file))
  .filter((file) => wanted.length === 0 || wanted.includes(basename(file, '.js')))
  .sort()

const failed: string[] = []
for (const file of proofs) {
  const child = spawn(process.execPath, [join(here, file), ...flags], { stdio: 'inherit' })
  const [status] = (await once(child, 'exit')) as [number | null]
  if (status !== 0) failed.push(basename(file, '.js'))
  process.stdout.write('\n')
}
for (const name of failed) process.stdout.write(`failed: ${name}\n`)
process.stdout.write(`${proofs.length - failed.length} passed, ${failed.length} failed\n`)
process.exitCode = failed.length === 0 && proofs.length > 0 ? 0 : 1

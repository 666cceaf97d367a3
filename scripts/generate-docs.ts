import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { packageRoot } from '../cli/package-root.js'
import { envExample, renewReadme } from './documents.js'

/** Writes what is made from the schema and the tools; with `--check` only says, by its status, whether that is current. */
function main(check: boolean): number {
  const documents: [name: string, make: (old: string) => string][] = [
    ['.env.example', envExample],
    ['README.md', renewReadme],
  ]
  let stale = 0
  for (const [name, make] of documents) {
    const path = join(packageRoot, name)
    const old = readOr(path, '')
    const current = make(old)
    if (current === old) continue
    stale++
    if (check) process.stderr.write(`${name} is not current; 'npm run docs' renews it\n`)
    else writeFileSync(path, current)
  }
  return check && stale > 0 ? 1 : 0
}

function readOr(path: string, absent: string): string {
  try {
    return readFileSync(path, 'utf8')
  } catch {
    return absent
  }
}

process.exitCode = main(process.argv.includes('--check'))

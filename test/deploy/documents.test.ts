import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import t from 'tap'

const root = join(import.meta.dirname, '..', '..')
const read = (path: string): string => readFileSync(join(root, path), 'utf8')
const filesIn = (folder: string, ending = ''): string[] =>
  readdirSync(join(root, folder), { withFileTypes: true })
    .filter((entry) => entry.isFile() && entry.name.endsWith(ending))
    .map((entry) => join(folder, entry.name))

const documents = [...filesIn('.', '.md'), ...filesIn('docs', '.md')]
const deployment = ['Dockerfile', 'docker-compose.yml', ...filesIn('deploy')]

const headingAnchors = (text: string): string[] =>
  [...text.matchAll(/^#+ (.+)$/gm)].map(([, heading = '']) =>
    heading
      .toLowerCase()
      .replaceAll(/[^\p{L}\p{N} _-]/gu, '')
      .replaceAll(' ', '-'),
  )

t.test('every relative link in the documents leads somewhere', async (t) => {
  for (const file of documents) {
    const text = read(file).replaceAll(/^```[\s\S]*?^```/gm, '')
    for (const [, target = ''] of text.matchAll(/\]\(([^)\s]+)\)/g)) {
      if (/^[a-z]+:/.test(target)) continue
      const [path = '', anchor] = target.split('#')
      const linked = path === '' ? file : join(dirname(file), path)
      t.ok(existsSync(join(root, linked)), `${file}: ${target}`)
      if (anchor !== undefined) {
        t.ok(headingAnchors(read(linked)).includes(anchor), `${file}: ${target}`)
      }
    }
  }
})

t.test('every source file that a document names exists', async (t) => {
  for (const file of documents) {
    for (const [, path = ''] of read(file).matchAll(/`([\w-]+\/[\w/.-]*[\w/])`/g)) {
      if (path.endsWith('/') || /\.(ts|sh|json|md|yml|yaml|conf)$/.test(path)) {
        t.ok(existsSync(join(root, path)), `${file}: ${path}`)
      }
    }
  }
})

t.test('every command in the documents exists', async (t) => {
  const scripts = Object.keys(
    (JSON.parse(read('package.json')) as { scripts: Record<string, string> }).scripts,
  )
  const usage = read('cli/main.ts')

  for (const file of [...documents, ...deployment]) {
    const text = read(file)
    for (const [, script = ''] of text.matchAll(/\bnpm run (?:--silent )?([a-z:-]+)/g)) {
      t.ok(scripts.includes(script), `${file}: npm run ${script}`)
    }
    for (const [command, first = ''] of text.matchAll(
      /(?:(?<=^|`|\$ |npx |dist\/cli\/)(?:main\.js|mcp-defectdojo)) ([a-z]+)\b[^`\n|]*/gm,
    )) {
      t.match(usage, new RegExp(`^  ${first}\\b`, 'm'), `${file}: ${command}`)
      for (const [option] of command.matchAll(/(?<= )--[a-z-]+/g)) {
        t.match(usage, option, `${file}: ${command}`)
      }
    }
  }
})

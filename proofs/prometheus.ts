import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { startProof } from './measure.js'
import { root, run, startDemoProcess } from './run-command.js'

// A real Prometheus (Debian: prometheus) scrapes the demo, with the scrape job and the rules the project ships.

const proof = startProof('Prometheus scrapes /metrics without an error')
/** The promise is a minute; the short form shows that it works at all. */
const seconds = proof.short ? 12 : 60
const folder = mkdtempSync(join(tmpdir(), 'mcp-defectdojo-prometheus-'))
const demo = await startDemoProcess()
try {
  await checkFiles()
  await scrape()
} finally {
  await demo.stop()
  rmSync(folder, { recursive: true, force: true })
}
proof.end()

async function checkFiles(): Promise<void> {
  const text = await (await fetch(new URL('/metrics', demo.mcp))).text()
  const file = join(folder, 'metrics.txt')
  writeFileSync(file, text)
  const metrics = await run('sh', ['-c', `promtool check metrics < ${file}`])
  proof.check(
    'promtool check metrics is clean',
    metrics.status === 0 && (metrics.stdout + metrics.stderr).trim() === '',
    (metrics.stdout + metrics.stderr).trim().slice(-300) || 'no output',
  )
  const rules = await run('promtool', [
    'check',
    'rules',
    join(root, 'deploy/prometheus-rules.yaml'),
  ])
  proof.check('promtool check rules is clean', rules.status === 0, rules.stdout.trim())
}

async function scrape(): Promise<void> {
  const target = new URL(demo.mcp).host
  const port = await freePort()
  const config = join(folder, 'prometheus.yml')
  writeFileSync(
    config,
    `global: {scrape_interval: 1s}
rule_files: ['${join(root, 'deploy/prometheus-rules.yaml')}']
scrape_configs:
  - job_name: mcp-defectdojo
    static_configs: [{targets: ['${target}']}]
`,
  )
  const prometheus = spawn(
    'prometheus',
    [
      `--config.file=${config}`,
      `--storage.tsdb.path=${join(folder, 'data')}`,
      `--web.listen-address=127.0.0.1:${port}`,
    ],
    { stdio: 'ignore' },
  )
  const ended = once(prometheus, 'exit')
  try {
    const query = async (expression: string): Promise<string | undefined> => {
      const url = `http://127.0.0.1:${port}/api/v1/query?query=${encodeURIComponent(expression)}`
      const answer = (await (await fetch(url)).json()) as {
        data: { result: { value: [number, string] }[] }
      }
      return answer.data.result[0]?.value[1]
    }
    await pause((seconds + 3) * 1000)
    const job = '{job="mcp-defectdojo"}'
    const scrapes = Number(await query(`count_over_time(up${job}[${seconds}s])`))
    const good = Number(await query(`sum_over_time(up${job}[${seconds}s])`))
    proof.check(
      `${seconds} s of scrapes, one a second, all of them good`,
      scrapes >= seconds * 0.8 && good === scrapes,
      `${good} of ${scrapes}`,
    )
    const series = await query(`count({__name__=~"mcp_defectdojo_.+",job="mcp-defectdojo"})`)
    proof.check('our series are in it', Number(series) > 5, `${series} series`)
  } finally {
    prometheus.kill('SIGTERM')
    await ended
  }
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as { port: number }
  server.close()
  await once(server, 'close')
  return port
}

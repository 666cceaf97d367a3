import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { startProof } from './measure.js'
import { freePort, root, run, startDemoProcess } from './run-command.js'

// A real Prometheus (Debian: prometheus) scrapes the demo, with the scrape job and the rules the project ships.

const proof = startProof('Prometheus scrapes /metrics without an error')
/** The promise is a minute of scrapes, one a second; the short form shows that it works at all. */
const wanted = proof.short ? 12 : 60
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

/** Waits for the wanted scrapes, not for a time: how fast Prometheus starts says nothing about us. */
async function scrapesAt(
  query: (expression: string) => Promise<string | undefined>,
): Promise<{ scrapes: number; good: number }> {
  const deadline = Date.now() + wanted * 5_000
  const seen = { scrapes: 0, good: 0 }
  while (seen.scrapes < wanted && Date.now() < deadline) {
    await pause(1_000)
    const counts = await query('count_over_time(up{job="mcp-defectdojo"}[10m])').catch(() => '0')
    const sums = await query('sum_over_time(up{job="mcp-defectdojo"}[10m])').catch(() => '0')
    seen.scrapes = Number(counts ?? 0)
    seen.good = Number(sums ?? 0)
  }
  return seen
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
    const { scrapes, good } = await scrapesAt(query)
    proof.check(
      `${wanted} scrapes, one a second, all of them good`,
      scrapes >= wanted && good === scrapes,
      `${good} of ${scrapes}`,
    )
    const series = await query(`count({__name__=~"mcp_defectdojo_.+",job="mcp-defectdojo"})`)
    proof.check('our series are in it', Number(series) > 5, `${series} series`)
  } finally {
    prometheus.kill('SIGTERM')
    await ended
  }
}

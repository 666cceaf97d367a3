import { subscribe } from 'node:diagnostics_channel'
import { readFileSync, renameSync, writeFileSync } from 'node:fs'
import type { Socket } from 'node:net'
import { monitorEventLoopDelay } from 'node:perf_hooks'
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'

// Not a proof: loaded into a server that is one's own process, with `--import`. Asked by SIGUSR2, it writes down what only the process
// itself knows.

setFlagsFromString('--expose-gc')
const collectGarbage = runInNewContext('gc') as () => void
const file = process.env.PROOF_PROBE_FILE ?? ''
const stalls = monitorEventLoopDelay({ resolution: 1 })
let answers = 0
let processorBefore = 0
let connections = 0
let mostTaken = 0
let taken = 0

subscribe('net.server.socket', (message) => {
  const { socket } = message as { socket: Socket }
  socket.once('close', () => {
    connections += 1
    taken += socket.bytesRead
    mostTaken = Math.max(mostTaken, socket.bytesRead)
  })
})

process.on('SIGUSR2', () => {
  stalls.disable()
  const longestStallMs = stalls.max / 1e6
  const { user, system } = process.cpuUsage()
  if (readFileSync(`${file}.asked`, 'utf8') === 'everything') {
    // What is freed by the first may be held by what only a second finds.
    collectGarbage()
    collectGarbage()
  }
  const { heapUsed, rss } = process.memoryUsage()
  answers += 1
  const seen = {
    ...{ answers, heapUsed, rss, longestStallMs, processorMs: user + system - processorBefore },
    ...{ connections, mostTaken, taken },
  }
  seen.processorMs /= 1000
  writeFileSync(`${file}.new`, JSON.stringify(seen))
  renameSync(`${file}.new`, file)
  connections = 0
  mostTaken = 0
  taken = 0
  const now = process.cpuUsage()
  processorBefore = now.user + now.system
  stalls.reset()
  stalls.enable()
})

stalls.enable()

import { randomBytes } from 'node:crypto'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { prepareServer, recordsIn, startServer } from './audited-server.js'
import { foreignClients } from './clients/foreign-clients.js'
import { type HoldingDojo, startHoldingDojo } from './clients/holding-dojo.js'
import { sdkClients } from './clients/sdk-table.js'
import { type Ground, report, tokensFor, tryClient } from './clients/try-clients.js'
import { startProof } from './measure.js'

// The clients that people have, in every protocol generation they speak, do one after the other all that a client can ask for.
// DefectDojo is slow where a client must hear of progress, or loses patience.

const proof = startProof('Clients of other hands can do what they can do')
const folder = mkdtempSync(join(tmpdir(), 'mcp-defectdojo-clients-'))
const dojo = await startHoldingDojo()
try {
  await everyClient(dojo)
} finally {
  await dojo.close()
  rmSync(folder, { recursive: true, force: true, maxRetries: 5, retryDelay: 200 })
}
proof.end()

async function everyClient(dojo: HoldingDojo): Promise<void> {
  const clients = [...sdkClients(), ...foreignClients(folder)]
  const { env, tokenOf } = tokensFor(clients, () => randomBytes(20).toString('hex'))
  const installation = await prepareServer(folder, dojo.url, {
    ...env,
    DEFECTDOJO_API_KEY: dojo.apiKey,
  })
  const server = await startServer(installation)
  const ground: Ground = {
    url: installation.mcp,
    dojo,
    tokenOf,
    records: () => recordsIn(installation.auditFile),
  }
  const tried = await Promise.all(clients.map((client) => tryClient(client, ground)))
  report(proof, tried, ground)
  const status = await server.stop()
  const verified = await installation.verify()
  proof.check(
    'the server ended in order, and its trail verifies',
    status === 0 && verified.status === 0,
    `exit ${status}, verify ${verified.status}`,
  )
}

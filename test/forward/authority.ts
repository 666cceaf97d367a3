import { spawnSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Test } from 'tap'

/** A certificate and its key: their texts, and the files they are in. */
export interface Issued {
  readonly cert: string
  readonly key: string
  readonly certFile: string
  readonly keyFile: string
}

export interface Authority extends Issued {
  /** A certificate for a name like `IP:127.0.0.1`. */
  issue(name: string, more?: { readonly expired?: boolean }): Issued
}

function openssl(...argv: string[]): void {
  const run = spawnSync('openssl', argv, { encoding: 'utf8' })
  if (run.status !== 0) throw new Error(run.stderr)
}

const keyOptions = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes']

/** An authority of its own, made for this run; its files go with the test. */
export function authority(t: Test): Authority {
  const directory = mkdtempSync(join(tmpdir(), 'authority-'))
  t.teardown(() => rmSync(directory, { recursive: true, force: true }))
  let count = 0

  const files = (name: string) => ({
    certFile: join(directory, `${name}.crt`),
    keyFile: join(directory, `${name}.key`),
  })
  const issued = ({ certFile, keyFile }: ReturnType<typeof files>): Issued => ({
    cert: readFileSync(certFile, 'utf8'),
    key: readFileSync(keyFile, 'utf8'),
    certFile,
    keyFile,
  })

  const own = files('ca')
  openssl(
    ...['req', '-x509', ...keyOptions, '-keyout', own.keyFile, '-out', own.certFile],
    ...['-days', '2', '-subj', `/CN=authority ${directory.slice(-6)}`],
  )

  return {
    ...issued(own),

    issue(name, { expired = false } = {}) {
      const made = files(`${++count}`)
      const request = join(directory, `${count}.csr`)
      const extensions = join(directory, `${count}.ext`)
      writeFileSync(extensions, `subjectAltName=${name}\n`)
      openssl(
        ...['req', '-new', ...keyOptions, '-keyout', made.keyFile, '-out', request],
        ...['-subj', '/CN=test'],
      )
      openssl(
        ...['x509', '-req', '-in', request, '-CA', own.certFile, '-CAkey', own.keyFile],
        ...['-CAcreateserial', '-days', expired ? '-1' : '2', '-extfile', extensions],
        ...['-out', made.certFile],
      )
      return issued(made)
    },
  }
}

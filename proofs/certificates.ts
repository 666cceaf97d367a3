import { spawnSync } from 'node:child_process'
import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

export interface KeyPair {
  readonly certFile: string
  readonly keyFile: string
}

/** The name in the client certificate. */
export const clientName = 'mcp.example.com'

export interface Certificates {
  /** The private authority that all but `selfSigned` are signed by. */
  readonly caFile: string
  /** An authority that has signed none of them. */
  readonly otherCaFile: string
  /** For 127.0.0.1 and localhost. */
  readonly server: KeyPair
  /** The same, out of date for years. */
  readonly expired: KeyPair
  /** In order, but of another host. */
  readonly wrongName: KeyPair
  /** For 127.0.0.1 and localhost, signed by nobody else. */
  readonly selfSigned: KeyPair
  /** What a client shows who is asked for one. */
  readonly client: KeyPair
}

function openssl(...args: string[]): void {
  const { error, status, stderr } = spawnSync('openssl', args, { encoding: 'utf8' })
  if (error) throw new Error('openssl is needed: apt-get install openssl')
  if (status !== 0) throw new Error(`openssl ${args[0]} failed:\n${stderr}`)
}

const newKey = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes']
const ours = 'IP:127.0.0.1,DNS:localhost'

/** Makes an authority and its certificates in `folder`, for this run only. */
export function makeCertificates(folder: string): Certificates {
  mkdirSync(folder, { recursive: true })
  const path = (file: string): string => join(folder, file)
  const pair = (name: string): KeyPair => ({
    certFile: path(`${name}.pem`),
    keyFile: path(`${name}.key`),
  })

  function authority(name: string): KeyPair {
    const made = pair(name)
    openssl(
      ...['req', '-x509', ...newKey, '-keyout', made.keyFile, '-out', made.certFile],
      ...['-days', '30', '-subj', `/CN=${name}`],
      ...['-addext', 'keyUsage=critical,keyCertSign,cRLSign'],
    )
    return made
  }

  /** Without `by` it is signed with its own key. */
  function certificate(name: string, commonName: string, names: string, by?: KeyPair): KeyPair {
    const made = pair(name)
    openssl(
      ...['req', '-x509', ...newKey, '-keyout', made.keyFile, '-out', made.certFile],
      ...['-days', '30', '-subj', `/CN=${commonName}`],
      ...(by ? ['-CA', by.certFile, '-CAkey', by.keyFile] : []),
      ...['-addext', `subjectAltName=${names}`, '-addext', 'basicConstraints=critical,CA:FALSE'],
    )
    return made
  }

  /** `openssl ca` is the one that lets both dates be chosen. */
  function expired(name: string, by: KeyPair): KeyPair {
    const made = pair(name)
    const [config, request] = [path('ca.conf'), path(`${name}.csr`)]
    writeFileSync(path('index.txt'), '')
    writeFileSync(
      config,
      `[ca]\ndefault_ca = own\n[own]\ndatabase = ${path('index.txt')}\nnew_certs_dir = ${folder}
rand_serial = yes\ndefault_md = sha256\npolicy = any\nx509_extensions = server\n[any]\ncommonName = supplied
[server]\nsubjectAltName = ${ours}\nbasicConstraints = critical,CA:FALSE\n`,
    )
    openssl('req', '-new', ...newKey, '-keyout', made.keyFile, '-out', request, '-subj', '/CN=old')
    openssl(
      ...['ca', '-batch', '-notext', '-config', config, '-cert', by.certFile],
      ...['-keyfile', by.keyFile, '-in', request, '-out', made.certFile],
      ...['-startdate', '20200101000000Z', '-enddate', '20200201000000Z'],
    )
    return made
  }

  const ca = authority('proof-ca')
  return {
    caFile: ca.certFile,
    otherCaFile: authority('other-ca').certFile,
    server: certificate('server', 'localhost', ours, ca),
    expired: expired('expired', ca),
    wrongName: certificate('wrong-name', 'elsewhere.example', 'DNS:elsewhere.example', ca),
    selfSigned: certificate('self-signed', 'localhost', ours),
    client: certificate('client', clientName, `DNS:${clientName}`, ca),
  }
}

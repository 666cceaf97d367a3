import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import {
  type ProxyOptions,
  proxyPorts,
  type ReverseProxy,
  runProxy,
  shipped,
} from './proxy-process.js'

/** HAProxy (Debian: haproxy) with `deploy/haproxy.cfg`. */
export async function startHaproxy({
  folder,
  target,
  certFile,
  keyFile,
}: ProxyOptions): Promise<ReverseProxy> {
  const [clear, tls] = await proxyPorts()
  mkdirSync(join(folder, 'tls'), { recursive: true })
  writeFileSync(
    join(folder, 'tls/localhost.pem'),
    Buffer.concat([readFileSync(certFile), readFileSync(keyFile)]),
  )
  const config = join(folder, 'haproxy.cfg')
  writeFileSync(
    config,
    shipped('haproxy.cfg', [
      ['mcp.example.com', 'localhost'],
      ['/etc/haproxy', folder],
      ['server mcp_defectdojo 127.0.0.1:8000', `server mcp_defectdojo 127.0.0.1:${target}`],
      ['bind [::]:80 v4v6', `bind 127.0.0.1:${clear}`],
      ['bind [::]:443 v4v6', `bind 127.0.0.1:${tls}`],
    ]),
  )
  const args = ['-db', '-f', config]
  return runProxy(
    { name: 'haproxy', program: '/usr/sbin/haproxy', debianPackage: 'haproxy', args },
    folder,
    [clear, tls],
  )
}

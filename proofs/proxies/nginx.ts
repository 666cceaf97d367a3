import { copyFileSync, mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import {
  type ProxyOptions,
  proxyPorts,
  type ReverseProxy,
  runProxy,
  shipped,
} from './proxy-process.js'

/** nginx (Debian: nginx-light) with `deploy/nginx.conf`. */
export async function startNginx({
  folder,
  target,
  certFile,
  keyFile,
  buffering,
}: ProxyOptions & {
  /** `off` as we ship it; `on` as nginx is where nobody says anything. */
  readonly buffering: 'on' | 'off'
}): Promise<ReverseProxy> {
  const [clear, tls] = await proxyPorts()
  mkdirSync(join(folder, 'tls'), { recursive: true })
  mkdirSync(join(folder, 'logs'))
  copyFileSync(certFile, join(folder, 'tls/localhost.crt'))
  copyFileSync(keyFile, join(folder, 'tls/localhost.key'))
  writeFileSync(
    join(folder, 'example.conf'),
    shipped('nginx.conf', [
      ['mcp.example.com', 'localhost'],
      ['server 127.0.0.1:8000;', `server 127.0.0.1:${target};`],
      ['    listen [::]:80;\n', ''],
      ['listen 80;', `listen 127.0.0.1:${clear};`],
      ['    listen [::]:443 ssl http2;\n', ''],
      ['listen 443 ssl http2;', `listen 127.0.0.1:${tls} ssl http2;`],
      ['proxy_buffering    off;', `proxy_buffering    ${buffering};`],
    ]),
  )
  writeFileSync(
    join(folder, 'nginx.conf'),
    `# One process, so that its end is the end of all of it.
daemon off;
master_process off;
pid ${folder}/nginx.pid;
error_log stderr info;
events {}
http {
    access_log off;
    client_body_temp_path ${folder}/body;
    proxy_temp_path ${folder}/proxy;
    fastcgi_temp_path ${folder}/fastcgi;
    uwsgi_temp_path ${folder}/uwsgi;
    scgi_temp_path ${folder}/scgi;
    include ${folder}/example.conf;
}
`,
  )
  const args = ['-p', folder, '-c', join(folder, 'nginx.conf'), '-e', 'stderr']
  return runProxy(
    { name: 'nginx', program: '/usr/sbin/nginx', debianPackage: 'nginx-light', args },
    folder,
    [clear, tls],
  )
}

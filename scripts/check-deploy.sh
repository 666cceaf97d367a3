#!/bin/sh
# Checks the example files in deploy/ with the programs that read them: nginx, haproxy, promtool and, where it is installed, systemd-analyze.
# Exit status: 0 all good, 1 a file is wrong, 2 a program is missing.
set -eu
cd "$(dirname "$0")/.."

missing=0
need() {
    command -v "$1" >/dev/null 2>&1 || {
        echo "check-deploy: $1 is missing; on Debian: apt-get install $2" >&2
        missing=1
    }
}
PATH="$PATH:/usr/sbin:/sbin"
need nginx nginx-light
need haproxy haproxy
need promtool prometheus
need openssl openssl
[ "$missing" -eq 0 ] || exit 2

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT INT TERM

# nginx: the example as it is, but for the ports, which another process may hold or only root may take. Nothing is started.
mkdir -p "$work/nginx/tls" "$work/nginx/logs"
openssl req -x509 -newkey rsa:2048 -nodes -days 1 -subj /CN=mcp.example.com \
    -keyout "$work/nginx/tls/mcp.example.com.key" -out "$work/nginx/tls/mcp.example.com.crt" 2>/dev/null
sed -E 's/^( *listen .*)\b443\b/\118443/; s/^( *listen .*)\b80\b/\118080/' deploy/nginx.conf >"$work/nginx/example.conf"
cat >"$work/nginx/nginx.conf" <<CONF
pid $work/nginx/nginx.pid;
error_log stderr;
events {}
http {
    access_log off;
    client_body_temp_path $work/nginx/body;
    proxy_temp_path $work/nginx/proxy;
    fastcgi_temp_path $work/nginx/fastcgi;
    uwsgi_temp_path $work/nginx/uwsgi;
    scgi_temp_path $work/nginx/scgi;
    include $work/nginx/example.conf;
}
CONF
nginx -t -q -p "$work/nginx" -c "$work/nginx/nginx.conf" -e stderr
echo "nginx: deploy/nginx.conf is valid"

# HAProxy: the same certificate, with its key in one file.
mkdir -p "$work/haproxy/tls"
cat "$work/nginx/tls/mcp.example.com.crt" "$work/nginx/tls/mcp.example.com.key" >"$work/haproxy/tls/mcp.example.com.pem"
sed "s#/etc/haproxy#$work/haproxy#" deploy/haproxy.cfg >"$work/haproxy/haproxy.cfg"
haproxy -c -q -f "$work/haproxy/haproxy.cfg"
echo "haproxy: deploy/haproxy.cfg is valid"

# Prometheus: the rules, what they do with made-up series, and the scrape job in a whole configuration.
promtool check rules deploy/prometheus-rules.yaml
promtool test rules deploy/prometheus-rules.test.yaml
{
    printf 'rule_files: ["%s/deploy/prometheus-rules.yaml"]\n' "$PWD"
    cat deploy/prometheus-scrape.yaml
} >"$work/prometheus.yml"
promtool check config "$work/prometheus.yml"

# systemd: the unit, with paths that exist here.
if command -v systemd-analyze >/dev/null 2>&1; then
    sed -E "s#/usr/bin/node#$(command -v node || echo /bin/true)#; s#/opt/mcp-defectdojo#$work#g" \
        deploy/mcp-defectdojo.service >"$work/mcp-defectdojo.service"
    systemd-analyze verify --man=no "$work/mcp-defectdojo.service"
    echo "systemd: deploy/mcp-defectdojo.service is valid"
else
    echo "systemd: systemd-analyze is not installed, deploy/mcp-defectdojo.service was not checked"
fi

#!/usr/bin/env bash
# Fetches Debian's syslog-ng into a folder without installing it, since it cannot be installed beside rsyslog, and prints the path of a
# program that runs it. Does nothing but print when it is there already. Usage: scripts/syslog-ng.sh DIR
set -euo pipefail
dir=${1:?usage: syslog-ng.sh DIR}
mkdir -p "$dir"
dir=$(cd "$dir" && pwd)
# It may lie in /tmp, where anyone could have put a program.
if [ ! -O "$dir" ]; then
  echo "$dir belongs to someone else" >&2
  exit 1
fi
program=$dir/run-syslog-ng

if [ -x "$program" ]; then
  echo "$program"
  exit 0
fi
if ! command -v apt-get >/dev/null; then
  echo 'apt-get is needed to fetch syslog-ng-core: this runs on Debian' >&2
  exit 1
fi

fetched=$(mktemp -d "$dir/fetched.XXXXXX")
trap 'rm -rf "$fetched"' EXIT

# What an installation would bring along is what is missing here. It is only asked: nothing is installed or removed.
fetch() {
  local packages
  packages=$(apt-get -s install --reinstall --no-install-recommends syslog-ng-core | awk '/^Inst /{print $2}')
  # shellcheck disable=SC2086 # one word per package
  (cd "$fetched" && apt-get -q -o APT::Sandbox::User=root download $packages) >&2
}
# The lists of a machine that has been up for long name versions that are gone.
fetch || { [ "$(id -u)" = 0 ] && apt-get update -q >&2 && fetch; } || {
  echo 'syslog-ng-core cannot be downloaded; run apt-get update' >&2
  exit 1
}

mkdir "$fetched/tree"
for package in "$fetched"/*.deb; do dpkg -x "$package" "$fetched/tree"; done
rm -rf "$dir/tree"
mv "$fetched/tree" "$dir/tree"

modules=$(dirname "$(find "$dir/tree" -name libsyslogformat.so | head -n 1)")
libraries=$(find "$dir/tree" -name '*.so.*' -printf '%h\n' | sort -u | paste -sd :)
cat >"$fetched/run" <<END
#!/bin/sh
LD_LIBRARY_PATH='$libraries' exec '$dir/tree/usr/sbin/syslog-ng' --module-path '$modules' "\$@"
END
chmod 755 "$fetched/run"
"$fetched/run" --version >/dev/null
# Last, and in one step: who finds it finds everything.
mv "$fetched/run" "$program"
echo "$program"

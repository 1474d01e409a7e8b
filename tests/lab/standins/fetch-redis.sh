#!/usr/bin/env bash
# Unpacks a real Redis and the libraries it needs from Debian into .cache/redis/<suite>, without installing anything.
#   fetch-redis.sh experimental   Redis 8.6: has XACKDEL
#   fetch-redis.sh trixie         Redis 8.0: lacks it
# Start it with .cache/redis/<suite>/redis-server.
set -euo pipefail
suite=${1:?usage: fetch-redis.sh experimental|trixie}
case $suite in experimental) base=sid ;; trixie) base=trixie ;; *) echo "unknown suite $suite" >&2; exit 2 ;; esac
root=$(cd "$(dirname "$0")/../../.." && pwd)
target=$root/.cache/redis/$suite
[ -x "$target/redis-server" ] && exit 0

. "$root/tests/private-apt.sh"
private_apt "$base" "$suite"
"${apt[@]}" -y --no-install-recommends -t "$suite" --download-only install redis-server
for package in "$work"/cache/archives/*.deb; do dpkg -x "$package" "$work/root"; done

keep_program redis-server "$work/root/usr/bin/redis-check-rdb" "$target"
"$target/redis-server" --version

#!/usr/bin/env bash
# Unpacks a real Redis and the libraries it needs from Debian into .cache/redis/<suite>, without installing anything.
#   fetch-redis.sh experimental   Redis 8.6: has XACKDEL
#   fetch-redis.sh trixie         Redis 8.0: lacks it
# Start it with .cache/redis/<suite>/redis-server.
set -euo pipefail
suite=${1:?usage: fetch-redis.sh experimental|trixie}
case $suite in experimental) base=sid ;; trixie) base=trixie ;; *) echo "unknown suite $suite" >&2; exit 2 ;; esac
target=$(cd "$(dirname "$0")/../../.." && pwd)/.cache/redis/$suite
[ -x "$target/redis-server" ] && exit 0

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
chmod 755 "$work"
mkdir -p "$work"/{lists/partial,cache/archives/partial,debs,root} && : >"$work/status"
for name in "$base" "$suite"; do echo "deb http://deb.debian.org/debian $name main"; done | sort -u >"$work/sources.list"
options=(
  -o "Dir::State=$work" -o "Dir::State::lists=$work/lists" -o "Dir::State::status=$work/status" -o "Dir::Cache=$work/cache"
  -o "Dir::Etc::sourcelist=$work/sources.list" -o Dir::Etc::sourceparts=/dev/null -o Dir::Etc::preferencesparts=/dev/null
  -o Acquire::Languages=none -o Acquire::Check-Valid-Until=false -o APT::Sandbox::User=root -o APT::Get::List-Cleanup=false
)
options+=(-o Dir::Etc::TrustedParts=/etc/apt/trusted.gpg.d)
[ -f /usr/share/keyrings/debian-archive-keyring.gpg ] && options+=(-o Dir::Etc::Trusted=/usr/share/keyrings/debian-archive-keyring.gpg)
apt-get "${options[@]}" -qq update
apt-get "${options[@]}" -qq -y --no-install-recommends -t "$suite" --download-only install redis-server
for package in "$work"/cache/archives/*.deb; do dpkg -x "$package" "$work/root"; done

mkdir -p "$target"
cp "$work/root/usr/bin/redis-check-rdb" "$target/redis-server.real"
find "$work/root" -path '*/x86_64-linux-gnu/*' -name '*.so*' -maxdepth 5 -exec cp -L {} "$target/" \; 2>/dev/null || true
cp -L "$(find "$work/root" -name 'ld-linux-x86-64.so.2' -print -quit)" "$target/ld.so"
cat >"$target/redis-server" <<'RUN'
#!/bin/sh
here=$(cd "$(dirname "$0")" && pwd)
exec "$here/ld.so" --argv0 redis-server --library-path "$here" "$here/redis-server.real" "$@"
RUN
chmod 755 "$target/redis-server"
"$target/redis-server" --version

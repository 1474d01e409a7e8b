#!/usr/bin/env bash
# Unpacks a real Caddy and the libraries it needs from Debian into .cache/caddy/<suite>, without installing anything.
#   fetch-caddy.sh trixie   Caddy 2.6, which the lab runs
#   fetch-caddy.sh sid      Caddy 2.11: newer than the default image
# Start it with .cache/caddy/<suite>/caddy.
set -euo pipefail
suite=${1:?usage: fetch-caddy.sh trixie|sid}
case $suite in trixie | sid) ;; *) echo "unknown suite $suite" >&2; exit 2 ;; esac
target=$(cd "$(dirname "$0")/../../.." && pwd)/.cache/caddy/$suite
[ -x "$target/caddy" ] && exit 0

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
chmod 755 "$work"
mkdir -p "$work"/{lists/partial,cache/archives/partial,root} && : >"$work/status"
echo "deb http://deb.debian.org/debian $suite main" >"$work/sources.list"
options=(
  -o "Dir::State=$work" -o "Dir::State::lists=$work/lists" -o "Dir::State::status=$work/status" -o "Dir::Cache=$work/cache"
  -o "Dir::Etc::sourcelist=$work/sources.list" -o Dir::Etc::sourceparts=/dev/null -o Dir::Etc::preferencesparts=/dev/null
  -o Acquire::Languages=none -o Acquire::Check-Valid-Until=false -o APT::Sandbox::User=root -o APT::Get::List-Cleanup=false
  -o Dir::Etc::TrustedParts=/etc/apt/trusted.gpg.d
)
[ -f /usr/share/keyrings/debian-archive-keyring.gpg ] && options+=(-o Dir::Etc::Trusted=/usr/share/keyrings/debian-archive-keyring.gpg)
apt-get "${options[@]}" -qq update
(cd "$work/cache" && apt-get "${options[@]}" -qq download caddy libc6 libzstd1)
for package in "$work"/cache/*.deb; do dpkg -x "$package" "$work/root"; done

mkdir -p "$target"
cp "$work/root/usr/bin/caddy" "$target/caddy.real"
find "$work/root" -path '*/x86_64-linux-gnu/*' -name '*.so*' -maxdepth 5 -exec cp -L {} "$target/" \; 2>/dev/null || true
cp -L "$(find "$work/root" -name 'ld-linux-x86-64.so.2' -print -quit)" "$target/ld.so"
cat >"$target/caddy" <<'RUN'
#!/bin/sh
here=$(cd "$(dirname "$0")" && pwd)
exec "$here/ld.so" --argv0 caddy --library-path "$here" "$here/caddy.real" "$@"
RUN
chmod 755 "$target/caddy"
"$target/caddy" version

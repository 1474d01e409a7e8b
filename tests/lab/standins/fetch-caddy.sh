#!/usr/bin/env bash
# Unpacks a real Caddy and the libraries it needs from Debian into .cache/caddy/<suite>, without installing anything.
#   fetch-caddy.sh trixie   Caddy 2.6, which the lab runs
#   fetch-caddy.sh sid      Caddy 2.11: newer than the default image
# Start it with .cache/caddy/<suite>/caddy.
set -euo pipefail
suite=${1:?usage: fetch-caddy.sh trixie|sid}
case $suite in trixie | sid) ;; *) echo "unknown suite $suite" >&2; exit 2 ;; esac
root=$(cd "$(dirname "$0")/../../.." && pwd)
target=$root/.cache/caddy/$suite
[ -x "$target/caddy" ] && exit 0

. "$root/tests/private-apt.sh"
private_apt "$suite"
(cd "$work/cache" && "${apt[@]}" download caddy libc6 libzstd1)
for package in "$work"/cache/*.deb; do dpkg -x "$package" "$work/root"; done

keep_program caddy "$work/root/usr/bin/caddy" "$target"
"$target/caddy" version

#!/usr/bin/env bash
# Unpacks a real Caddy and the libraries it needs from Debian sid into .cache/caddy, without installing anything: 2.11, as
# the image that a deploy uses where the profile names no other. Start it with .cache/caddy/caddy.
set -euo pipefail
root=$(cd "$(dirname "$0")/../../.." && pwd)
target=$root/.cache/caddy
[ -x "$target/caddy" ] && exit 0

. "$root/tests/private-apt.sh"
private_apt sid
(cd "$work/cache" && "${apt[@]}" download caddy libc6 libzstd1)
for package in "$work"/cache/*.deb; do dpkg -x "$package" "$work/root"; done

keep_program caddy "$work/root/usr/bin/caddy" "$target"
"$target/caddy" version

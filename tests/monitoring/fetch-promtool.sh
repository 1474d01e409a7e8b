#!/usr/bin/env bash
# Unpacks promtool from Debian into .cache/prometheus, without installing anything.
set -euo pipefail
root=$(cd "$(dirname "$0")/../.." && pwd)
target=$root/.cache/prometheus
[ -x "$target/promtool" ] && exit 0

. "$root/tests/private-apt.sh"
private_apt trixie
(cd "$work/cache" && "${apt[@]}" download promtool)
dpkg-deb -x "$work"/cache/promtool_*.deb "$work/root"

mkdir -p "$target"
mv "$work/root/usr/bin/promtool" "$target/promtool.$$"
mv "$target/promtool.$$" "$target/promtool"
"$target/promtool" --version

#!/usr/bin/env bash
# Unpacks promtool from Debian into .cache/prometheus, without installing anything.
set -euo pipefail
target=$(cd "$(dirname "$0")/../.." && pwd)/.cache/prometheus
[ -x "$target/promtool" ] && exit 0

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
chmod 755 "$work"
mkdir -p "$work"/{lists/partial,cache/archives/partial,root} && : >"$work/status"
echo 'deb http://deb.debian.org/debian trixie main' >"$work/sources.list"
options=(
  -o "Dir::State=$work" -o "Dir::State::lists=$work/lists" -o "Dir::State::status=$work/status" -o "Dir::Cache=$work/cache"
  -o "Dir::Etc::sourcelist=$work/sources.list" -o Dir::Etc::sourceparts=/dev/null -o Dir::Etc::preferencesparts=/dev/null
  -o Acquire::Languages=none -o Acquire::Check-Valid-Until=false -o APT::Sandbox::User=root -o APT::Get::List-Cleanup=false
  -o Dir::Etc::TrustedParts=/etc/apt/trusted.gpg.d
)
[ -f /usr/share/keyrings/debian-archive-keyring.gpg ] && options+=(-o Dir::Etc::Trusted=/usr/share/keyrings/debian-archive-keyring.gpg)
apt-get "${options[@]}" -qq update
(cd "$work/cache" && apt-get "${options[@]}" -qq download promtool)
dpkg-deb -x "$work"/cache/promtool_*.deb "$work/root"

mkdir -p "$target"
mv "$work/root/usr/bin/promtool" "$target/promtool.$$"
mv "$target/promtool.$$" "$target/promtool"
"$target/promtool" --version

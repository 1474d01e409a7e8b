# shellcheck shell=bash
# Sourced by what unpacks Debian's packages without installing anything: an apt of its own in a directory that goes with
# the script.

# private_apt SUITE…: knows the packages of these suites. Sets $work, which has a directory cache to download into and
# an empty one, root, to unpack into; and ${apt[@]}, the command.
private_apt() {
  work=$(mktemp -d)
  trap 'rm -rf "$work"' EXIT
  chmod 755 "$work"
  mkdir -p "$work"/{lists/partial,cache/archives/partial,root} && : >"$work/status"
  printf 'deb http://deb.debian.org/debian %s main\n' "$@" | sort -u >"$work/sources.list"
  apt=(
    apt-get -qq -o "Dir::State=$work" -o "Dir::State::lists=$work/lists" -o "Dir::State::status=$work/status"
    -o "Dir::Cache=$work/cache" -o "Dir::Etc::sourcelist=$work/sources.list" -o Dir::Etc::sourceparts=/dev/null
    -o Dir::Etc::preferencesparts=/dev/null -o Dir::Etc::TrustedParts=/etc/apt/trusted.gpg.d -o Acquire::Languages=none
    -o Acquire::Check-Valid-Until=false -o APT::Sandbox::User=root -o APT::Get::List-Cleanup=false
  )
  local keyring=/usr/share/keyrings/debian-archive-keyring.gpg
  [ ! -f "$keyring" ] || apt+=(-o "Dir::Etc::Trusted=$keyring")
  "${apt[@]}" update
}

# keep_program NAME FILE TARGET: puts an unpacked program into a directory, with the libraries that were unpacked beside
# it, so that it runs on any distribution.
keep_program() {
  local name=$1 file=$2 target=$3
  mkdir -p "$target"
  cp "$file" "$target/$name.real"
  find "$work/root" -maxdepth 5 -path '*/x86_64-linux-gnu/*' -name '*.so*' -exec cp -L {} "$target/" \; 2>/dev/null || true
  cp -L "$(find "$work/root" -name 'ld-linux-x86-64.so.2' -print -quit)" "$target/ld.so"
  cat >"$target/$name" <<RUN
#!/bin/sh
here=\$(cd "\$(dirname "\$0")" && pwd)
exec "\$here/ld.so" --argv0 $name --library-path "\$here" "\$here/$name.real" "\$@"
RUN
  chmod 755 "$target/$name"
}

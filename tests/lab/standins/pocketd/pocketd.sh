#!/bin/bash
# Stand-in for pocketd, the command line of the Pocket network: says which version it is, keeps the client's settings,
# asks a node. Everything else it refuses, wallets and transactions above all. Source of what it keeps to: poktroll,
# cmd/pocketd, v0.1.35.
set -euo pipefail
VERSION=@version@

refuse() {
  echo "Error: $* (stand-in pocketd)" >&2
  exit 1
}

# As upstream, whatever is asked: no home is a panic at start, and a home without settings gets the defaults.
[[ ${HOME:-} ]] || { echo 'panic: $HOME is not defined (stand-in pocketd)' >&2; exit 2; }
client=$HOME/.pocket/config/client.toml
if [[ ! -e $client ]]; then
  mkdir -p "${client%/*}"
  printf '%s = "%s"\n' chain-id '' keyring-backend os output text node tcp://localhost:26657 broadcast-mode sync >"$client"
fi

setting() { sed -nE "s/^$1 = \"(.*)\"\$/\1/p" "$client"; }

# ask PATH [--node URL]: what a node's RPC answers.
ask() {
  local path=$1 node
  node=$(setting node)
  shift
  while (($# > 0)); do
    case $1 in
      --node) node=${2:?} && shift 2 ;;
      --node=*) node=${1#*=} && shift ;;
      *) refuse "unknown flag or argument: $1" ;;
    esac
  done
  [[ $node =~ ^(tcp|https?)://[^/]+ ]] || refuse "node is no URL with a scheme: $node"
  curl -fsS --max-time 5 "${node/#tcp:/http:}/$path" || refuse "post failed: $node does not answer"
}

case "${1-} ${2-}" in
  'version ')
    echo "$VERSION"
    ;;
  'config set')
    # The form without `client` ends well and changes nothing.
    [[ ${3-} == client ]] || exit 0
    (($# == 5)) || refuse 'accepts 3 arg(s)'
    grep -q "^$4 = " "$client" || refuse "unknown key: $4"
    sed -i "s|^$4 = .*|$4 = \"${5//|/}\"|" "$client"
    ;;
  status*)
    ask status "${@:2}"
    ;;
  'query block')
    ask block "${@:3}"
    ;;
  *)
    refuse "unknown command: $*"
    ;;
esac

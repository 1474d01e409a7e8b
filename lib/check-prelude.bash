# How the checks of one host are asked: side by side, each with no input, within its time, its output bounded.
# Nothing on the host is changed; what the probes write goes with the script.
set -u
export LC_ALL=C PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin
unset CDPATH
umask 077

# main LIMIT…: asks probe_0, probe_1, …, whose limits in seconds are given; tells a line for each, then a last one.
# At most 16 run at once, so that asking is no load.
main() {
  local limits=("$@") started=0 told=0 index status milliseconds
  work=$(mktemp -d /run/pocket-checks.XXXXXXXX 2>/dev/null || mktemp -d) || exit 1
  trap 'rm -rf "$work"' EXIT
  trap 'exit 1' HUP INT PIPE TERM
  # Two pipes without a program: one that those who are done write to, and one that nobody writes to, to wait at.
  exec 5<> <(:) 6<> <(:)
  while ((told < $#)); do
    while ((started < $# && started - told < 16)); do
      ask "$started" "${limits[started]}" </dev/null >/dev/null 2>&1 &
      ((++started))
    done
    # One that never tells anything is missed by whoever reads the lines.
    read -r -t 900 -u 5 index status milliseconds || break
    printf '%s %s %s %s ' "$NONCE" "$index" "$status" "$milliseconds"
    encoded "$work/$index.output" 87384
    printf ' '
    encoded "$work/$index.errors" 2732
    echo
    ((++told))
  done
  printf '%s end %s\n' "$NONCE" "$told"
}

# encoded FILE MOST: the beginning of the file in base64, at most so many characters. Most probes print no errors, and a
# program that encodes nothing costs as much as one that encodes.
encoded() {
  local text
  [[ -s $1 ]] || return 0
  text=$(base64 -w0 <"$1")
  printf %s "${text:0:$2}"
}

# ask INDEX SECONDS: runs one probe in a process group of its own, lets it write at most 4 MiB to a file, and leaves
# nothing of it running. Status 124 and an empty output stand for one whose time was over.
ask() {
  local began=${EPOCHREALTIME/[.,]/} status group watchdog
  set -m
  (
    set -eu -o pipefail
    scratch=$work/$1
    ulimit -c 0 -f 4096
    "probe_$1" >"$work/$1.output" 2>"$work/$1.errors" 5>&- 6>&-
  ) &
  group=$!
  {
    read -r -t "$2" -u 6 # nobody writes there: it waits without a program being started
    : >"$work/$1.late"
    kill -TERM -- "-$group"
    sleep 1
    kill -KILL -- "-$group"
  } &
  watchdog=$!
  wait "$group"
  status=$?
  kill -KILL -- "-$watchdog"
  kill -KILL -- "-$group"
  if [[ -e $work/$1.late ]]; then
    status=124
    : >"$work/$1.output"
    printf 'no answer within %s s\n' "$2" >"$work/$1.errors"
  fi
  printf '%s %s %s\n' "$1" "$status" "$(((${EPOCHREALTIME/[.,]/} - began) / 1000))" >&5
}

# reveal: copies standard input and puts the secrets where their marks stand.
reveal() {
  local text name
  IFS= read -rd '' text || :
  for name in $secret_names; do text=${text//"@{secret:$name}"/"${!name}"}; done
  printf '%s' "$text"
}

# http CONFIG [WORD…]: runs curl with a configuration, which no process list shows as arguments would be; of words only
# harmless ones are given. A ~/.curlrc and proxies of the environment are not what the containers use.
http() {
  local config
  config=$(reveal <<<"$1")
  shift
  curl -q --silent --show-error --noproxy '*' --config /dev/fd/9 "$@" 9<<<"$config"
}

# container STACK SERVICE: the id of the running container of a service, or an error.
container() {
  local id
  id=$(docker ps --no-trunc --quiet --filter "label=com.docker.compose.project=pocket-$1" \
    --filter "label=com.docker.compose.service=$2") || return
  [[ -n $id ]] || { printf 'the container %s of the stack %s does not run\n' "$2" "$1" >&2 && return 1; }
  printf '%s' "${id%%$'\n'*}"
}

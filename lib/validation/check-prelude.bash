# How the checks of one host are asked: side by side, each with no input, within its time, its output bounded.
# Nothing on the host is changed; what the probes write goes with the script.
set -u
export LC_ALL=C PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin
unset CDPATH
umask 077

# What runs of each probe, by its index: a process group, when its time is over, and whether it was told to end.
groups=() ends=() late=()

# How busy the host was when the first time was over.
load=''

# main LIMIT…: asks probe_0, probe_1, …, whose limits in seconds are given; tells a line for each, then a last one.
# Four run at once, or two a processor, at most 16: more of them are not done sooner, and late for each other's sake.
main() {
  local started=0 most line='' part index status milliseconds
  limits=("$@")
  most=4
  (($# <= most)) || most=$((2 * $(nproc)))
  most=$((most < 4 ? 4 : most > 16 ? 16 : most))
  work=$(mktemp -d /run/pocket-checks.XXXXXXXX 2>/dev/null || mktemp -d) || exit 1
  trap leave EXIT
  trap 'exit 1' HUP INT PIPE TERM
  # A pipe without a program, to which each probe writes when it has ended.
  exec {ended}<> <(:)
  set -m # each probe is a process group
  while ((started < $# || ${#groups[@]} > 0)); do
    while ((started < $# && ${#groups[@]} < most)); do
      ask "$started" </dev/null >"$work/$started.output" 2>"$work/$started.errors" &
      groups[started]=$! ends[started]=$((SECONDS + limits[started] + 1))
      disown
      ((++started))
    done
    if IFS= read -r -t 1 -u "$ended" part; then
      read -r index status milliseconds <<<"$line$part"
      line=''
      [[ ! -v groups[index] ]] || tell "$index" "$status" "$milliseconds"
    else
      line+=$part # its time can be over in the middle of a line
    fi
    end_late
  done
  printf '%s end %s\n' "$NONCE" "$started"
}

# end_late: tells those whose time is over to end, and gives up those that were told so two seconds ago.
end_late() {
  local index
  for index in "${!groups[@]}"; do
    ((SECONDS >= ends[index])) || continue
    if [[ -v late[index] ]]; then
      tell "$index" 124 $((limits[index] * 1000))
    else
      late[index]=1 ends[index]=$((SECONDS + 2))
      kill -TERM -- "-${groups[index]}" 2>/dev/null
    fi
  done
}

# ask INDEX: runs one probe, which may write at most 4 MiB to a file, and writes how it ended.
ask() {
  local began=${EPOCHREALTIME/[.,]/}
  (
    set -eu -o pipefail
    scratch=$work/$1
    ulimit -c 0 -f 4096
    "probe_$1"
  )
  echo "$1 $? $(((${EPOCHREALTIME/[.,]/} - began) / 1000))" >&"$ended"
}

# tell INDEX STATUS MILLISECONDS: prints the line of a probe, and leaves nothing of it running. Status 124 and an empty
# output stand for one whose time was over.
tell() {
  local status=$2
  kill -KILL -- "-${groups[$1]}" 2>/dev/null
  unset "groups[$1]"
  if [[ -v late[$1] ]]; then
    status=124
    : >"$work/$1.output"
    [[ $load ]] || read -r load _ </proc/loadavg
    echo "no answer within ${limits[$1]} s (load ${load%.*}, processors $(nproc))" >"$work/$1.errors"
  fi
  printf '%s %s %s %s ' "$NONCE" "$1" "$status" "$3"
  encoded "$work/$1.output" 87384
  printf ' '
  encoded "$work/$1.errors" 2732
  echo
}

# leave: leaves nothing running and no file.
leave() {
  local group
  for group in "${groups[@]}"; do kill -KILL -- "-$group" 2>/dev/null; done
  rm -rf "$work"
}

# encoded FILE MOST: the beginning of the file in base64, at most so many characters; a short text as it stands in a
# URL, after a percent sign: to start a program for it would cost more than most probes do.
encoded() {
  local text
  [[ -s $1 ]] || return 0
  if ! IFS= read -rd '' -n 1024 text <"$1" && ((${#text} < 1024)); then
    text=${text//%/%25} text=${text// /%20}
    printf %%%s "${text//$'\n'/%0A}"
    return
  fi
  text=$(base64 -w0 <"$1")
  printf %s "${text:0:$2}"
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

# list_containers: asks Docker once for what runs, for every probe that calls container.
list_containers() {
  containers=$(timeout 10 docker ps --no-trunc --format \
    '{{.Label "com.docker.compose.project"}} {{.Label "com.docker.compose.service"}} {{.ID}}' 2>&1)
  containers_status=$?
}

# container STACK SERVICE: the id of the running container of a service, or an error.
container() {
  local project service id
  ((containers_status == 0)) || { printf '%s\n' "$containers" >&2 && return "$containers_status"; }
  while read -r project service id; do
    [[ "$project $service" == "pocket-$1 $2" ]] && printf '%s' "$id" && return
  done <<<"$containers"
  printf 'the container %s of the stack %s does not run\n' "$2" "$1" >&2
  return 1
}

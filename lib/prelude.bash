# The part that every script begins with: how a step is run, timed, bounded and told about.
# A step is three functions: check_N (exits 0 when the host is already so), apply_N (makes it so), diff_N (shows what
# would change). MODE is apply or dry-run. With NONCE set, events are written for the machine that sent the script;
# without it, lines for a person.
set -u
export LC_ALL=C DEBIAN_FRONTEND=noninteractive PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin
unset CDPATH
umask 022
readonly MODE=${MODE:-apply} NONCE=${NONCE:-}
: "${secret_names:=}"
changed=''

# begin: a scratch directory that goes with the script, the channel of the events (3), and the watchdog (4).
begin() {
  work=$(mktemp -d /run/pocket-automations.XXXXXXXX) || exit 1
  trap 'rm -rf "$work"' EXIT
  exec 3>&1
  exec 4> >(exec 3>&-; watchdog)
  set -m
}

# Ends the step in hand, and everything it started, when its time is over. It learns "seconds process-group" of each
# step over a pipe, so that no process has to be started to watch a step.
watchdog() {
  local limit=86400 group='' next try
  while read -r -t "$limit" next || (($? > 128)); do
    if [[ -n $next ]]; then
      limit=${next% *} group=${next#* }
    else
      : >"$work/timed-out"
      kill -TERM -- "-$group"
      for try in {1..50}; do kill -0 -- "-$group" && sleep 0.1; done
      kill -KILL -- "-$group"
      limit=86400
    fi
  done 2>/dev/null
}

# run SECONDS FUNCTION: runs the function with no input; the last 64 KiB of what it prints are kept in $work/output.
run() {
  rm -f "$work/timed-out"
  (
    set -o pipefail
    (
      exec 3>&- 4>&- 2>&1 </dev/null
      set -eu
      "$2"
    ) | tail -c 65536 >"$work/output"
  ) &
  printf '%s %s\n' "$1" "$!" >&4
  wait "$!"
  local status=$?
  printf '86400 0\n' >&4
  [[ ! -e $work/timed-out ]] || status=124
  return "$status"
}

# so FUNCTION: whether a check says that the host is already so; what it prints does not matter.
so() {
  (
    exec >/dev/null 2>&1 </dev/null 3>&- 4>&-
    set -eu -o pipefail
    "$1"
  ) &
  printf '120 %s\n' "$!" >&4
  wait "$!"
  local status=$?
  printf '86400 0\n' >&4
  return "$status"
}

# tell EVENT STEP MILLISECONDS [STATUS]: one event; what the step printed goes along where it matters.
tell() {
  if [[ -n $NONCE ]]; then
    local output=''
    case $1 in failed | pending | changed) [[ ! -s $work/output ]] || output=$(base64 -w0 "$work/output") ;; esac
    printf '%s %s %s %s %s %s\n' "$NONCE" "$1" "$2" "$3" "${4:-0}" "$output" >&3
  else
    case $1 in
      started | end) ;;
      failed) printf '%-10s %s\n' "$1" "$title" >&2 && cat "$work/output" >&2 ;;
      pending) printf '%-10s %s\n' "$1" "$title" && cat "$work/output" ;;
      *) printf '%-10s %s\n' "$1" "$title" ;;
    esac
  fi
}

# step N SECONDS TITLE [EARLIER…]: brings the host to where check_N says yes, and stops the script when that fails. It
# is also needed when one of the earlier steps named was. (`so` and `run` stand alone on purpose: after `if`, `&&` or
# `||` bash would ignore `set -e` in everything they call.)
step() {
  local number=$1 limit=$2 title=$3 content=content_$1 began=${EPOCHREALTIME/[.,]/} status=1 needed='' earlier
  shift 3
  for earlier; do [[ $changed != *" $earlier "* ]] || needed=yes; done
  tell started "$number" 0
  : >"$work/output"
  if [[ -z $needed ]]; then
    so "check_$number"
    status=$?
  fi
  if ((status == 0)); then
    tell unchanged "$number" "$(((${EPOCHREALTIME/[.,]/} - began) / 1000))"
    return
  fi
  changed+=" $number "
  if [[ $MODE == dry-run ]]; then
    run 120 "diff_$number"
    tell pending "$number" "$(((${EPOCHREALTIME/[.,]/} - began) / 1000))"
    return
  fi
  run "$limit" "apply_$number"
  status=$?
  if ((status == 0)); then
    so "check_$number"
    status=$?
    ((status == 0)) || printf 'the step ran without an error, yet its check still says that it is needed\n' >>"$work/output"
  fi
  if ((status != 0)); then
    tell failed "$number" "$(((${EPOCHREALTIME/[.,]/} - began) / 1000))" "$status"
    tell end 0 0 1
    exit 1
  fi
  tell changed "$number" "$(((${EPOCHREALTIME/[.,]/} - began) / 1000))"
}

# reveal: copies standard input and puts the secrets where their marks stand.
reveal() {
  local text name
  IFS= read -rd '' text || :
  for name in $secret_names; do text=${text//"@{secret:$name}"/"${!name}"}; done
  printf '%s' "$text"
}

# write_file PATH MODE OWNER:GROUP: replaces the file by standard input in one move; a reader sees the old or the new.
write_file() {
  local new="${1%/*}/.${1##*/}.pocket-new"
  rm -f -- "$new"
  (umask 077 && set -C && cat >"$new")
  chown -- "$3" "$new"
  chmod -- "$2" "$new"
  sync -- "$new"
  mv -fT -- "$new" "$1"
}

# is_file PATH MODE OWNER:GROUP: whether the file has this mode, this owner, and the content of standard input.
is_file() {
  [[ -f $1 ]] && is_owned "$@" && cmp -s -- - "$1"
}

# is_owned PATH MODE OWNER:GROUP: whether it is no link and has this mode and owner (names, or numbers for both).
is_owned() {
  local format='%a %U:%G'
  [[ $3 != [0-9]* ]] || format='%a %u:%g'
  [[ ! -L $1 && $(stat -c "$format" -- "$1") == "$2 $3" ]]
}

# diff_file PATH: shows how standard input differs from the file.
diff_file() {
  local old=$1
  [[ -e $old ]] || old=/dev/null
  diff -u --label "$1 (now)" --label "$1 (new)" -- "$old" - || :
}

# stack_state PROJECT: every container of a compose project and how it is, without what changes by itself. (A container
# whose tag has moved to another image shows that image's id instead of the tag.)
stack_state() {
  docker ps --all --no-trunc --filter "label=com.docker.compose.project=$1" --format '{{.ID}} {{.Image}} {{.Status}}' |
    sed -E 's/Up (Less than )?[^(]*/Up /; s/(Exited \([0-9]+\)).*/\1/' | sort
}

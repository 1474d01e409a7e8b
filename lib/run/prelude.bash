# The part that every script begins with: how a step is run, timed, bounded and told about.
# A step is three functions: check_N (exits 0 when the host is already so), apply_N (makes it so), diff_N (shows what
# would change). MODE is apply or dry-run. With NONCE set, events are written for the machine that sent the script;
# without it, lines for a person.
set -u
readonly MODE=${MODE:-apply} NONCE=${NONCE:-}
: "${secret_names:=}"
# What /etc/environment or a login exports is not the deployment's, and Docker Compose would prefer it to a stack's .env.
for name in $(compgen -e); do
  case ${name,,} in
    home | user | logname | shell | term | tz | tmpdir | docker_config | sudo_* | *_proxy | pocket_*) ;;
    *) [[ $name == MODE || " $secret_names " == *" $name "* ]] || unset "$name" ;;
  esac
done
export LC_ALL=C DEBIAN_FRONTEND=noninteractive PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin
umask 022
changed='' first_known='' last_known='' outdated=''
declare -A lines_known=()

# begin: the channel of the events (3), and the watchdog (4).
begin() {
  script_process=$BASHPID work=/run/pocket-automations.$EPOCHREALTIME
  exec 3>&1
  exec 4> >(watchdog)
}

# scratch: the scratch directory, which goes with the script. Only a step that has something to do needs it.
scratch() {
  [[ ! -d $work ]] || return 0
  mkdir -m 0700 "$work" || exit 1
  trap 'rm -rf "$work"' EXIT
}

# Ends the step in hand, and everything it started, when its time is over. It learns "seconds process-group" of each
# step over a pipe, so that no process has to be started to watch a step; and passes on what steps note.
watchdog() {
  local limit=86400 group='' next try
  while read -r -t "$limit" next || (($? > 128)); do
    if [[ $next == 'note '* ]]; then
      if [[ -n $NONCE ]]; then
        printf '%s %s\n' "$NONCE" "$next" >&3
      else
        printf '%-10s %s\n' waiting "$(base64 -d <<<"${next#note }")"
      fi
    elif [[ -n $next ]]; then
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
# (`set -m` makes a process group of it, and is on no longer than that, since bash then tells of every job that ends.
# `tail` has a session of its own, so that it outlives a step that is ended and keeps what that step said; where something
# goes on that keeps the step's output open, it has neither the lock nor the channels.)
run() {
  local group try
  rm -f "$work/timed-out" "$work/output"
  set -m
  (
    set -o pipefail
    (
      exec 3>&- 4>&- 8>&- 2>&1 </dev/null
      set -eu
      "$2"
    ) | setsid tail -c 65536 >"$work/output" 3>&- 4>&- 8>&-
  ) &
  set +m
  group=$!
  printf '%s %s\n' "$1" "$group" >&4
  wait "$group"
  local status=$?
  printf '86400 0\n' >&4
  if [[ -e $work/timed-out ]]; then
    status=124
    for try in {1..80}; do kill -0 -- "-$group" 2>/dev/null && sleep 0.1; done
    for try in {1..20}; do [[ -s $work/output ]] || sleep 0.1; done
  fi
  return "$status"
}

# so FUNCTION [FILE]: whether a check says that the host is already so; what it prints goes to the file or nowhere.
so() {
  set -m
  (
    exec >"${2-/dev/null}" 2>/dev/null </dev/null 3>&- 4>&- 8>&-
    set -eu -o pipefail
    "$1"
  ) &
  set +m
  printf '120 %s\n' "$!" >&4
  wait "$!"
  local status=$?
  printf '86400 0\n' >&4
  return "$status"
}

# learn: asks at once for the facts that tell of most steps whether they are needed, instead of starting several
# programs for each. Facts that were not got in time are missing, and then the step's own check decides.
learn() {
  local lines line IFS
  lines=$(so facts /dev/stdout)
  lines_known=() outdated=''
  IFS=$'\n'
  set -f
  for line in $lines; do lines_known["$line"]=1; done
  set +f
}

# known LINE…: whether all of these facts hold. Those that held before something was applied are asked for again.
known() {
  local line
  for line; do [[ -n ${lines_known["$line"]-} ]] || return 1; done
  [[ $outdated ]] || return 0
  learn
  known "$@"
}

# tell EVENT STEP MILLISECONDS [STATUS]: one event; what the step printed goes along where it matters.
tell() {
  if [[ -n $NONCE ]]; then
    local output=''
    case $1 in failed | pending | changed) [[ ! -s $work/output ]] || output=$(base64 -w0 "$work/output") ;; esac
    [[ -z $first_known ]] || printf '%s known %s %s\n' "$NONCE" "$first_known" "$last_known" >&3
    first_known=''
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

# tell_known STEP: a step is known to be unchanged. Several of them, one after the other, are one event, which goes before
# the next other one: each that is sent wakes several programs, here and where it arrives.
tell_known() {
  if [[ -n $NONCE ]]; then
    first_known=${first_known:-$1} last_known=$1
  else
    tell unchanged "$1" 0
  fi
}

# step N SECONDS TITLE [EARLIER…]: brings the host to where check_N says yes, and stops the script when that fails. It
# is also needed when one of the earlier steps named was. (`so` and `run` stand alone on purpose: after `if`, `&&` or
# `||` bash would ignore `set -e` in everything they call.)
step() {
  local number=$1 limit=$2 title=$3 content=content_$1 began status=1 needed='' earlier
  shift 3
  for earlier; do [[ $changed != *" $earlier "* ]] || needed=yes; done
  if [[ ${POCKET_STOP:-} && -e $POCKET_STOP ]]; then
    tell end 0 0 130
    exit 130
  fi
  if [[ -z $needed ]] && "known_$number"; then
    tell_known "$number"
    return
  fi
  began=${EPOCHREALTIME/[.,]/}
  tell started "$number" 0
  if [[ -z $needed ]]; then
    so "check_$number"
    status=$?
  fi
  if ((status == 0)); then
    tell unchanged "$number" "$(((${EPOCHREALTIME/[.,]/} - began) / 1000))"
    return
  fi
  scratch
  : >"$work/output"
  changed+=" $number "
  if [[ $MODE == dry-run ]]; then
    run 120 "diff_$number"
    tell pending "$number" "$(((${EPOCHREALTIME/[.,]/} - began) / 1000))"
    return
  fi
  outdated=yes
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

# note TEXT: tells at once, while a step goes on, what it waits for. (A step has no channel of its own, since what it
# leaves running would keep it open.)
note() { printf 'note %s\n' "$(base64 -w0 <<<"$1")" >"/proc/$script_process/fd/4"; }

# apt WORDS…: apt-get, which waits for up to ten minutes for who has its locks and tells so, and which first ends what
# an interrupted dpkg has left half done.
apt() {
  local status told='' holder
  SECONDS=0
  while :; do
    status=0
    apt-get -o Acquire::Retries=3 -o Dpkg::Options::=--force-confdef -o Dpkg::Options::=--force-confold -y "$@" 2>&1 |
      stdbuf -oL sed "/Could not get lock\\|run 'dpkg --configure -a'/w $work/apt" || status=$?
    if ((status == 0)); then
      return
    elif grep -q "run 'dpkg --configure -a'" "$work/apt" && [[ $told != *mended* ]]; then
      told+=' mended'
      note 'dpkg was interrupted earlier: ending what it has left half done'
      dpkg --configure -a --force-confdef --force-confold || :
    elif grep -q 'Could not get lock' "$work/apt" && ((SECONDS < 600)); then
      holder=$(sed -nE 's/.*Could not get lock (.*)\. It is held by (process [0-9]+ \(.*\)).*/\2 has \1/p' "$work/apt" | head -n 1)
      [[ $told == *"$holder"* ]] || note "waiting for apt, up to ten minutes: ${holder:-another program has its lock}"
      told+=" $holder"
      sleep 2
    else
      return "$status"
    fi
  done
}

# reveal: copies standard input and puts the secrets where their marks stand.
reveal() {
  local text name
  IFS= read -rd '' text || :
  for name in $secret_names; do text=${text//"@{secret:$name}"/"${!name}"}; done
  printf '%s' "$text"
}

# write_file PATH MODE OWNER:GROUP: replaces the file by standard input in one move; a reader sees the old or the new.
write_file() (
  new="${1%/*}/.${1##*/}.pocket-new"
  rm -f -- "$new"
  trap 'rm -f -- "$new"' EXIT
  (umask 077 && set -C && cat >"$new")
  chown -- "$3" "$new"
  chmod -- "$2" "$new"
  sync -- "$new"
  mv -fT -- "$new" "$1"
)

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

# diff_file PATH FUNCTION: shows how what the function prints differs from the file, without any secret.
diff_file() {
  local old=$1
  [[ -e $old ]] || old=/dev/null
  diff -u --label "$1 (now)" --label "$1 (new)" -- <(hide_secrets "$old" "$2") <(with_marks "$2" | hide_marks) || :
}

with_marks() { secret_names='' "$1"; }

hide_marks() { sed -E 's/@[{]secret:[A-Za-z0-9_]+[}]/***/g'; }

# hide_secrets FILE FUNCTION: prints the file without secrets, where what the function prints is to replace it. Nobody
# knows the secrets of before, so values in files that not everybody may read are shown only where a key stays that has
# no secret, and of a URL, not with what one logs in.
hide_secrets() {
  local private=''
  [[ $(stat -Lc %a -- "$1") == *[4-7] ]] || private=yes
  awk -v private="$private" '
    function key(line) { return match(line, /^[ \t]*[^ \t:=]+([:=] ?| )/) ? substr(line, 1, RLENGTH) : "" }
    function without_login(line) { gsub(/:\/\/[^\/@ ]*@/, "://***@", line); return line }
    function word(line) { line = key(line); sub(/^[ \t]+/, "", line); return line }
    part == 1 { shown[FNR] = $0; plain[word($0)] = 1 }
    part == 2 && index($0, "***") && $0 != shown[FNR] { secret[word($0)] = private = "yes" }
    part == 2 { shown[FNR] = $0 }
    part == 3 { same[$0] = 1; hidden[$0] = shown[FNR] }
    part == 4 {
      if ($0 in same) print hidden[$0]
      else if (!private) print
      else if ($0 == "" || (word($0) != "" && word($0) in plain && !(word($0) in secret))) print without_login($0)
      else print key($0) "*** (another)"
    }' part=1 <(with_marks "$2") part=2 <(with_marks "$2" | hide_marks) part=3 <("$2") part=4 "$1"
}

# stack_state PROJECT: every container of a compose project and how it is, without what changes by itself. (A container
# whose tag has moved to another image shows that image's id instead of the tag.)
stack_state() {
  docker ps --all --no-trunc --filter "label=com.docker.compose.project=$1" --format '{{.ID}} {{.Image}} {{.Status}}' |
    sed -E 's/Up (Less than )?[^(]*/Up /; s/(Exited \([0-9]+\)).*/\1/' | sort
}

# read_before PROJECT SERVICE FILE…: names the service where it runs since before one of its files was written, so that it
# cannot have read that as it is now.
read_before() {
  local project=$1 service=$2 newest started
  shift 2
  newest=$(stat -c %Y -- "$@" | sort -n | tail -n 1)
  docker ps --quiet --filter "label=com.docker.compose.project=$project" --filter "label=com.docker.compose.service=$service" |
    xargs -r docker inspect --format '{{.State.StartedAt}}' |
    while read -r started; do
      (($(date -d "$started" +%s) >= newest)) || printf '%s\n' "$service"
    done
}

# remove_half_made PROJECT: removes containers that a cut-off `docker compose up` was about to put in the place of others.
# It makes each under the name <id of the old one>_<name>, and later fails at that name, which is in use.
remove_half_made() {
  docker ps --all --filter "label=com.docker.compose.project=$1" --format '{{.ID}} {{.Names}}' |
    sed -nE "s/^([0-9a-f]+) [0-9a-f]{12}_$1-.*/\1/p" | xargs -r docker rm --force
}

# unpause PROJECT: lets containers go on that somebody has paused, which `docker compose up` cannot start.
unpause() {
  docker ps --quiet --filter "label=com.docker.compose.project=$1" --filter status=paused | xargs -r docker unpause
}

# until_asked_again PROJECT: waits until containers that were unwell have been asked anew. They may be well by now, as when
# what they lean on has just come back; they are asked every 15 seconds and have 5 to answer, and `docker compose up --wait`
# would take their word from before.
until_asked_again() {
  local second
  for second in {1..20}; do
    [[ $(docker ps --quiet --filter "label=com.docker.compose.project=$1" --filter health=unhealthy) ]] || break
    sleep 1
  done
}

# take_lock SECONDS HOLDER: takes the host's lock for this shell and everything it runs, or tells who has it. The kernel
# gives it back when the last process that has it ends, so a run that was killed leaves no lock behind. A holder that
# has not been heard of for 90 seconds has lost its operator: it is ended, after its step in hand. While this waits, it
# reads what the shell would read: beats, the word that stops it, the end of the connection.
take_lock() {
  local seconds=$1 holder=$2 said='' ended='' doubted=nobody now silent word started
  exec 8<>"$lock"
  until flock -n 8; do
    if [[ -e ${POCKET_STOP-} ]]; then
      exec 8>&-
      return 130
    fi
    now=$(<"$lock")
    if [[ $now != "$doubted" ]] && ! is_there "$now"; then
      # Who has just taken it may not have written so yet, and will have in a second.
      doubted=$now
    else
      [[ $now == "$said" ]] || printf '%s held %s\n' "$nonce" "$now"
      said=$now
      silent=$(($(date +%s) - $(stat -c %Y "$lock")))
      if ((silent > 90)) && [[ $now && $now != "$ended" ]]; then
        printf '%s lost %s %s\n' "$nonce" "$now" "$silent"
        : >"/run/pocket-automations.stop.${now%% *}"
        ! is_there "$now" || kill -KILL "${now%% *}" 2>/dev/null
        ended=$now
        ((seconds += 1800))
      elif ((seconds-- <= 0)); then
        exec 8>&-
        return 75
      fi
    fi
    word=''
    read -r -t 1 word || (($? > 128)) || exit 1
    if [[ $word == *' stop' ]]; then
      exec 8>&-
      return 130
    fi
  done
  has_lock=yes
  [[ ! $ended ]] || rm -f "/run/pocket-automations.stop.${ended%% *}"
  started_at "$$"
  printf '%s %s %s\n' "$$" "$holder" "$started" >"$lock"
}

# is_there RECORD: whether the shell that the lock's file tells of, by process id, holder and start, is still there:
# another process may have its id by now.
is_there() {
  local pid started recorded
  read -r pid _ recorded <<<"$1"
  started_at "$pid" && [[ $started == "$recorded" ]]
}

# started_at PID: sets started to when a process has started, in clock ticks since the machine has, without starting another
# for that. (Source: proc_pid_stat(5), field 22; the second, in parentheses, may have blanks.)
started_at() {
  local line fields
  { read -r line <"/proc/$1/stat"; } 2>/dev/null || return
  read -ra fields <<<"${line##*) }"
  started=${fields[19]}
}

# take_lock SECONDS HOLDER: takes the host's lock for this shell and everything it runs, or tells who has it. The kernel
# gives it back when the last process that has it ends, so a run that was killed leaves no lock behind. A holder that
# has not been heard of for 90 seconds has lost its operator: it is ended, after its step in hand. While this waits, it
# reads what the shell would read: beats, the word that stops it, the end of the connection.
take_lock() {
  local seconds=$1 holder=$2 said='' ended='' now silent word
  exec 8<>"$lock"
  until flock -n 8; do
    now=$(<"$lock")
    [[ $now == "$said" ]] || printf '%s held %s\n' "$nonce" "$now"
    said=$now
    silent=$(($(date +%s) - $(stat -c %Y "$lock")))
    if ((silent > 90)) && [[ $now && $now != "$ended" ]]; then
      printf '%s lost %s %s\n' "$nonce" "$now" "$silent"
      : >"/run/pocket-automations.stop.${now%% *}"
      kill -KILL "${now%% *}" 2>/dev/null
      ended=$now
      ((seconds += 1800))
    elif ((seconds-- <= 0)); then
      exec 8>&-
      return 75
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
  printf '%s %s\n' "$$" "$holder" >"$lock"
}

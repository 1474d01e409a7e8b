# take_lock SECONDS HOLDER: takes the host's lock for this shell and everything it runs, or tells who has it. The kernel
# gives it back when the last process that has it ends, so a run that was killed leaves no lock behind. A holder that
# has not been heard of for 90 seconds and runs nothing has lost its operator: it is ended.
take_lock() {
  local seconds=$1 holder=$2 said='' now silent
  exec 8<>"$lock"
  until flock -n 8; do
    now=$(<"$lock")
    [[ $now == "$said" ]] || printf '%s held %s\n' "$nonce" "$now"
    said=$now
    silent=$(($(date +%s) - $(stat -c %Y "$lock")))
    if ((silent > 90)) && [[ ! -e $busy ]]; then
      kill "${now%% *}" 2>/dev/null
    elif ((seconds-- <= 0)); then
      exec 8>&-
      return 75
    fi
    sleep 1
  done
  rm -f /run/pocket-automations.stop
  printf '%s %s\n' "$$" "$holder" >"$lock"
}

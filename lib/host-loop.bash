# What a host runs for as long as we are connected. Each line of input is "nonce size place" and, where the size is not
# 0, is followed by a script of that many bytes, answered by "nonce exit status". One session serves everything of a
# run, so a stage costs one round trip, and a server that allows one session per connection is enough.
#   place run:  in a bash of its own, with no input left, so that nothing it starts can eat what comes next; meanwhile
#               this shell goes on reading
#   place here: in this shell, for what has to last, such as the lock
#   place beat: only says that the other side is still there
#   place stop: asks the script in hand to end after its step in hand
# Other lines are skipped: empty ones are sent for start-up files of login shells that read.
lock=/run/pocket-automations.lock has_lock=''
export POCKET_STOP=/run/pocket-automations.stop.$$
trap 'rm -f "$POCKET_STOP"' EXIT
rm -f "$POCKET_STOP"
printf '\npocket-automations ready %s\n' "$EUID"
while IFS=' ' read -r nonce size place; do
  case $place in
    beat) [[ ! $has_lock ]] || touch "$lock" ;;
    stop) : >"$POCKET_STOP" ;;
    here)
      eval "$(head -c "$size")"
      echo "$nonce exit $?"
      ;;
    run)
      script=$(head -c "$size")
      {
        printf %s "$script" | bash -c 'eval "$(</dev/stdin)"'
        echo "$nonce exit ${PIPESTATUS[1]}"
      } &
      ;;
  esac
done
# Nobody listens any more: what runs ends after its step in hand, and keeps the lock until then.
: >"$POCKET_STOP"
wait

# What a host runs for as long as we are connected, after the functions of lock.bash. Each line of input is "nonce size
# place words" and, where the size is not 0, is followed by a script of that many bytes; scripts and words are answered
# by "nonce exit status". One session serves everything of a run, so a stage costs one round trip, and a server that
# allows one session per connection is enough.
#   place run:  in a shell of its own, with no input, so that nothing it starts can eat what comes next; meanwhile this
#               shell goes on reading (a copy of this one: to start another bash costs more than most scripts)
#   place packed: the same for a script that gzip has compressed
#   place here: the words, in this shell, for what has to last, such as the lock
#   place beat: only says that the other side is still there
#   place stop: asks the script in hand to end after its step in hand
lock=/run/pocket-automations.lock has_lock='' running=()
export POCKET_STOP=/run/pocket-automations.stop.$$
forget_stop() { [[ ! -e $POCKET_STOP ]] || rm -f "$POCKET_STOP"; }
start_script() {
  {
    (eval "$script") </dev/null
    echo "$nonce exit $?"
  } &
  running+=("$!")
}
trap forget_stop EXIT
forget_stop
while IFS=' ' read -r nonce size place words; do
  case $place in
    beat) [[ ! $has_lock ]] || touch "$lock" ;;
    stop) : >"$POCKET_STOP" ;;
    here)
      eval "$words"
      echo "$nonce exit $?"
      ;;
    run)
      # (Without a program; in this locale a character is a byte.)
      LC_ALL=C IFS='' read -r -N "$size" script || script=false
      start_script
      ;;
    packed)
      script=$(head -c "$size" | gzip -d) || script=false
      start_script
      ;;
  esac
done
# Nobody listens any more: what runs ends after its step in hand, and keeps the lock until then.
kill -0 "${running[@]}" 2>/dev/null || exit 0
: >"$POCKET_STOP"
wait

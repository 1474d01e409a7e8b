# What a host runs for as long as we are connected. Each line of input is "nonce size place" and is followed by a script
# of that many bytes; the answer is "nonce exit status". One session serves every script of a run, so a stage costs one
# round trip, and a server that allows one session per connection is enough.
#   place run:  in a bash of its own, with no input left, so that nothing it starts can eat what comes next
#   place here: in this shell, for what has to last, such as the lock
#   place beat: only says that the other side is still there
lock=/run/pocket-automations.lock
busy=/run/pocket-automations.busy
echo "pocket-automations ready $(id -u)"
while IFS=' ' read -r nonce size place; do
  case $place in
    beat)
      touch "$lock"
      continue
      ;;
    here)
      eval "$(head -c "$size")"
      status=$?
      ;;
    run)
      : >"$busy"
      head -c "$size" | bash -c 'eval "$(cat)"'
      status=${PIPESTATUS[1]}
      rm -f "$busy"
      touch "$lock"
      ;;
  esac
  echo "$nonce exit $status"
done

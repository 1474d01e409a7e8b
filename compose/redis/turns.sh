# turns.sh take|settled|give: one Redis after the other, so that a change never takes all of them down at once.
set -eu
. /etc/redis/sentinels.sh
key=pocket-automations:turn

# field NAME: a field of this Redis' own view of the replication.
field() { redis 127.0.0.1 INFO replication | tr -d '\r' | sed -n "s/^$1://p"; }

# answers HOST: whether the Redis of a host is there, with the same password.
answers() { [ "$(redis "$1" PING)" = PONG ]; }

# Waits for this host's turn, which is over by itself after a quarter of an hour. Where the primary takes no writes or
# cannot be asked, as with a new password, nothing is served that a turn would keep up.
take() {
  refused=0
  while [ "$refused" -lt 15 ]; do
    survey
    if ! answer=$(redis "${primary:-$ADDRESS}" SET "$key" "$ADDRESS" NX PX 900000); then
      answer='no answer'
    fi
    case $answer in
      OK) return ;;
      '') [ "$(redis "$primary" GET "$key")" != "$ADDRESS" ] || return 0 ;;
      *) refused=$((refused + 1)) ;;
    esac
    sleep 2
  done
  echo "no turn was to be had: $answer"
}

# Whether this Redis follows the primary, or is one that is followed; there may be nobody yet.
settled() {
  if [ "$(field role)" = slave ]; then
    [ "$(field master_link_status)" = up ] || ! answers "$(field master_host)" || {
      echo 'it does not follow the primary yet'
      return 1
    }
  elif [ "$(field role)" = master ]; then
    [ "$(field min_slaves_good_slaves)" = 0 ] || return 0
    for one in $SENTINELS; do
      if [ "$one" != "$ADDRESS" ] && answers "$one"; then
        echo "$one does not follow yet"
        return 1
      fi
    done
  else
    echo 'no answer'
    return 1
  fi
}

give() {
  survey
  [ "$(redis "${primary:-$ADDRESS}" GET "$key")" != "$ADDRESS" ] || redis "$primary" DEL "$key"
}

[ -z "${SENTINELS:-}" ] || "$1"

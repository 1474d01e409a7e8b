# turns.sh take|settled|give: one Redis after the other, so that a change never takes all of them down at once.
set -eu
. /etc/redis/sentinels.sh
key=pocket-automations:turn

# field NAME: a field of this Redis' own view of the replication.
field() { redis 127.0.0.1 INFO replication | tr -d '\r' | sed -n "s/^$1://p"; }

# answers HOST: whether the Redis of a host is there, with the same password.
answers() { [ "$(redis "$1" PING)" = PONG ]; }

# in_step: waits for up to two seconds until every other Redis follows this one and has all that it has; whether they do.
# (Of one that does not answer nobody knows how much it lacks, and a Sentinel could promote just that.)
in_step() {
  for try in 1 2 3 4; do
    wanted="$ADDRESS $(field master_repl_offset)" late=''
    for one in $SENTINELS; do
      [ "$one" = "$ADDRESS" ] || [ "$(copied "$one")" = "$wanted" ] || late=1
    done
    [ -n "$late" ] || return 0
    sleep 0.5
  done
  return 1
}

# copied HOST: which primary the Redis of a host follows, and how much of it it has.
copied() {
  redis "$1" INFO replication | tr -d '\r' | awk '
    sub(/^master_host:/, "") { host = $0 }
    sub(/^slave_repl_offset:/, "") { offset = $0 }
    END { print host, offset }'
}

# follow_promoted: waits until the Sentinels have promoted another Redis, which this one then follows, or have given it up;
# whether one of both is so. (Where no Sentinel answers, asking all takes up to nine seconds.)
follow_promoted() {
  rounds=200
  while [ "$rounds" -gt 0 ]; do
    survey
    case $primary in
      "$ADDRESS") ! agreed_on || return 0 ;;
      '') rounds=$((rounds - 40)) ;;
      *)
        redis 127.0.0.1 REPLICAOF "$primary" 6379 >/dev/null
        return
        ;;
    esac
    rounds=$((rounds - 1))
    sleep 0.2
  done
  return 1
}

# Before this Redis ends, where it is the primary: a replica takes its place, so that writers wait for that instead of for
# a restart. Writes are held back until then, since a primary is not told that another is promoted: what it still took in
# would be lost. Where nobody is promoted it stays the primary, and start.sh hands over. Where nobody can tell, or it cannot
# be told to follow, it keeps holding back: its restart is next.
hand_over() {
  [ "$primary" = "$ADDRESS" ] && agreed_on || return 0
  redis 127.0.0.1 CLIENT PAUSE 60000 WRITE >/dev/null || return 0
  if in_step && fail_over; then
    follow_promoted || return 0
  fi
  redis 127.0.0.1 CLIENT UNPAUSE >/dev/null || :
}

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
      OK)
        hand_over
        return
        ;;
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

# Starts Redis. Where Sentinels watch it they decide what it is, so that one that comes back never serves as a second
# primary. The configuration is read-only, so Redis itself remembers nothing of that.
set -eu
trap 'exit 143' INT TERM

start() {
  trap - INT TERM
  exec docker-entrypoint.sh redis-server /etc/redis/redis.conf "$@"
}
[ -n "${SENTINELS:-}" ] || start

. /etc/redis/sentinels.sh

# followed: whether a Redis that followed this one until now is there. (One that was just started has followed nobody.)
followed() {
  for one in $SENTINELS; do
    [ "$one" != "$ADDRESS" ] || continue
    if redis "$one" INFO replication | tr -d '\r' | awk -v primary="master_host:$ADDRESS" '
      $0 == primary { ours = 1 }
      /^master_link_status:up$|^master_link_down_since_seconds:[0-9][0-9]?$/ { linked = 1 }
      END { exit !(ours && linked) }'; then
      return 0
    fi
  done
  return 1
}

# With data, most Sentinels have to agree on the primary, or 20 s to be over: none may be left that could. Without any
# there is nothing to lose, and nobody to ask when everything is new.
rounds=20
[ -e /data/appendonlydir ] || rounds=0
survey
while [ "$agreed" -lt "$(majority)" ] && [ "$rounds" -gt 0 ]; do
  rounds=$((rounds - 1))
  sleep 1
  survey
done
primary=${primary:-${SENTINELS%% *}}

# A replica has everything that clients were answered for; this one, after a crash, may lack the end of it.
if [ "$primary" = "$ADDRESS" ] && followed; then
  echo 'handing over to a replica that has followed until now'
  # Asked once, and not where they do it by themselves: a Sentinel that is asked after a replica was promoted, whether it
  # has heard of that or not, promotes yet another, which lacks what the first has taken in meanwhile.
  asked='' refused=0
  rounds=20
  while [ "${primary:-$ADDRESS}" = "$ADDRESS" ] && [ "$rounds" -gt 0 ] && [ "$refused" -lt 5 ]; do
    rounds=$((rounds - 1))
    if [ -z "$asked" ] && agreed_on; then
      if fail_over; then asked=1; else refused=$((refused + 1)); fi
    fi
    sleep 1
    survey
  done
  primary=${primary:-$ADDRESS}
fi

if [ "$primary" = "$ADDRESS" ]; then
  echo 'starting as the primary'
  start
fi
echo "starting as a replica of $primary"
start --replicaof "$primary" 6379

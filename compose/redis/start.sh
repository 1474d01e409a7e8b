# Starts Redis. Where Sentinels watch it they decide what it is, so that one that comes back never serves as a second
# primary. The configuration is read-only, so Redis itself remembers nothing of that.
set -eu
trap 'exit 143' INT TERM

# start KIND WORDS…: runs Redis. Whether it is alone or one of several is noted in its volume, for the next start.
start() {
  [ "$(noted)" = "$1" ] || echo "$1" >/data/kind
  shift
  trap - INT TERM
  exec docker-entrypoint.sh redis-server /etc/redis/redis.conf "$@"
}
noted() { cat /data/kind 2>/dev/null || :; }
[ -n "${SENTINELS:-}" ] || start alone

. /etc/redis/sentinels.sh
first=${SENTINELS%% *}

has_files() { [ -e /data/appendonlydir ]; }

# own_keys: how many keys the volume has, but for the one of turns.sh. Only a Redis can tell: one that nobody else reaches,
# and that is not where the health check asks.
own_keys() {
  docker-entrypoint.sh redis-server /etc/redis/redis.conf --bind 127.0.0.2 >&2 &
  until [ "$(redis 127.0.0.2 PING)" = PONG ] || ! kill -0 "$!" 2>/dev/null; do sleep 1; done
  keys 127.0.0.2
  redis 127.0.0.2 SHUTDOWN NOSAVE >&2 || :
  wait
}

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
has_files || rounds=0
survey
while [ "$agreed" -lt "$(majority)" ] && [ "$rounds" -gt 0 ]; do
  rounds=$((rounds - 1))
  sleep 1
  survey
done

# Where no Sentinel can tell, the first host is the primary. A replica begins by dropping what it has and taking over what
# its primary has, so none begins as one that could lose something by that. One that a Sentinel has seen follow has
# nothing of its own, even where its primary is away. One that was alone has, whatever a primary has taken in meanwhile.
# (Where nothing is noted, a version of this script that noted nothing started it last.)
kind=$(noted) said='' own=''
[ -n "$kind" ] || ! known_replica || kind=several
while [ "${primary:-$first}" != "$ADDRESS" ] && has_files; do
  if [ "$kind" = several ]; then
    [ -z "$primary" ] || ! known_replica || break
    case $(keys "${primary:-$first}") in 0 | unknown) ;; *) break ;; esac
  fi
  own=${own:-$(own_keys)}
  [ "$own" != 0 ] || break
  if [ "$kind" != several ]; then
    cat >&2 <<WORDS
not started: this Redis was the only one, and would lose its keys ($own) if it followed ${primary:-$first}
  List the host of $ADDRESS first in redis_hosts. Where others of redis_hosts have begun without these keys, type there,
  which deletes what their Sentinel and Redis have:
    docker compose --project-directory /opt/pocket/redis-sentinel down --volumes
    docker compose --project-directory /opt/pocket/redis down --volumes
  Then deploy again. If nobody needs these keys, type the second of these here instead.
WORDS
    exit 1
  fi
  [ -n "$said" ] || cat >&2 <<WORDS
waiting: this Redis would lose its keys ($own) if it followed ${primary:-$first}, which has none or cannot be asked
  It goes on when Sentinels name another primary, or that one has keys. What the Sentinels say, on each of redis_hosts:
    docker compose --project-directory /opt/pocket/redis-sentinel logs --tail 50
  If nobody needs these keys, type here, and deploy again:
    docker compose --project-directory /opt/pocket/redis down --volumes
WORDS
  said=1
  sleep 1
  survey
done
primary=${primary:-$first}

# Nor does one that has lost its volume begin as the primary of those that still have everything: while it is away, the
# Sentinels promote one of them.
if [ "$primary" = "$ADDRESS" ] && ! has_files && has_replicas; then
  cat >&2 <<WORDS
waiting: this Redis has lost its data, and the Sentinels know replicas of it, one of which they will promote
  If they do not, see that most of redis_hosts run. What the Sentinels say, on each of them:
    docker compose --project-directory /opt/pocket/redis-sentinel logs --tail 50
WORDS
  while [ "${primary:-$ADDRESS}" = "$ADDRESS" ]; do
    sleep 1
    survey
  done
fi

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
  start several
fi
echo "starting as a replica of $primary"
start several --replicaof "$primary" 6379

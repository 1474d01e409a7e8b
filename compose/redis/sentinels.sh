# What Sentinels and Redis say, for the scripts beside this one. SENTINELS names the hosts that run both, ADDRESS this one.

# How many Sentinels are most of them.
majority() (
  # shellcheck disable=SC2086 # words are wanted
  set -- $SENTINELS
  echo $(($# / 2 + 1))
)

# sentinel HOST WORDS…: asks the Sentinel of a host, for at most three seconds. Sentinels have no password, because
# RelayMiner's client could not give one (pocket-relay-miner, transport/redis/client.go, v0.1.x).
sentinel() (
  host=$1
  shift
  timeout 3 redis-cli -h "$host" -p 26379 --raw SENTINEL "$@" </dev/null 2>/dev/null
)

# redis HOST WORDS…: asks the Redis of a host, for at most three seconds.
redis() (
  host=$1
  shift
  REDISCLI_AUTH=$(sed -n 's/^requirepass "\(.*\)"$/\1/p' /etc/redis/password.conf | sed 's/\\\(.\)/\1/g')
  export REDISCLI_AUTH
  timeout 3 redis-cli -h "$host" -p 6379 --raw "$@" </dev/null 2>/dev/null
)

# survey: sets primary to the host that is the primary by the latest agreement that a Sentinel knows of, or to nothing
# where none answers; and agreed to the number of Sentinels that say so.
survey() {
  answers=$(for one in $SENTINELS; do
    sentinel "$one" MASTER pocket | awk '
      $0 == "ip" { getline; host = $0 }
      $0 == "config-epoch" { getline; epoch = $0 }
      END { if (host != "") print epoch, host }'
  done)
  primary=$(printf '%s\n' "$answers" | sort -n | awk 'END { print $2 }')
  agreed=$(printf '%s\n' "$answers" | awk -v host="$primary" 'host != "" && $2 == host' | wc -l)
}

# has_replicas: whether a Sentinel takes this Redis for the primary and knows replicas of it.
has_replicas() {
  for one in $SENTINELS; do
    ! sentinel "$one" MASTER pocket | awk -v address="$ADDRESS" '
      $0 == "ip" { getline; host = $0 }
      $0 == "num-slaves" { getline; replicas = $0 }
      END { exit !(host == address && replicas > 0) }' || return 0
  done
  return 1
}

# known_replica: whether a Sentinel has seen this Redis follow the primary.
known_replica() {
  for one in $SENTINELS; do
    ! sentinel "$one" REPLICAS pocket | awk -v address="$ADDRESS" '
      $0 == "ip" { getline; if ($0 == address) known = 1 }
      END { exit !known }' || return 0
  done
  return 1
}

# keys HOST: how many keys the Redis of a host has, but for the one of turns.sh, or `unknown`.
keys() {
  count=$(redis "$1" EVAL 'local turn = redis.call("EXISTS", KEYS[1]) return redis.call("DBSIZE") - turn' \
    1 pocket-automations:turn) || :
  case $count in '' | *[!0-9]*) echo unknown ;; *) echo "$count" ;; esac
}

# agreed_on: whether every Sentinel that answers takes this Redis for the primary, none takes it for gone yet, and none is
# promoting another.
agreed_on() {
  for one in $SENTINELS; do
    sentinel "$one" MASTER pocket | awk -v address="$ADDRESS" '
      $0 == "ip" { getline; host = $0 }
      $0 == "flags" { getline; flags = $0 }
      END { exit host != "" && (host != address || flags ~ /down|failover/) }' || return 1
  done
}

# fail_over: asks one Sentinel after the other, until one promotes a replica or says that this is going on.
fail_over() {
  for one in $SENTINELS; do
    case $(sentinel "$one" FAILOVER pocket) in OK* | INPROG*) return 0 ;; esac
  done
  return 1
}

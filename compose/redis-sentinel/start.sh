# Starts the Sentinel. It keeps what it learns in its configuration file, which therefore is in the volume, and is made
# anew with every start: what the deployment says, and of the old file what the Sentinel has learnt of hosts that are
# still among SENTINELS. A restart or a deploy thus never moves the primary, unless that has another address by now.
set -eu
umask 077
. /etc/redis/sentinels.sh

state=/data/sentinel.conf
[ -e "$state" ] || : >"$state"

primary=$(awk -v hosts=" $SENTINELS " '
  $1 == "sentinel" && $2 == "monitor" && index(hosts, " " $4 " ") { print $4 }' "$state")
[ -n "$primary" ] || survey
primary=${primary:-${SENTINELS%% *}}

{
  echo "sentinel monitor pocket $primary 6379 $(majority)"
  echo "sentinel announce-ip $ADDRESS"
  cat /etc/redis/sentinel.conf /etc/redis/password.conf
  awk -v hosts="$SENTINELS" '
    BEGIN { split(hosts, list); for (i in list) ours[list[i]] = 1 }
    $1 != "sentinel" { next }
    $2 == "myid" || $2 == "current-epoch" || $2 == "config-epoch" || $2 == "leader-epoch" { print }
    ($2 == "known-replica" || $2 == "known-sentinel") && $4 in ours { print }' "$state"
} >"$state.new"
chown redis "$state.new"
mv "$state.new" "$state"

exec docker-entrypoint.sh redis-server "$state" --sentinel

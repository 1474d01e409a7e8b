#!/bin/sh
# Like the official image's entrypoint: the first word may be a flag or a config file, and root becomes redis.
set -e

case ${1:-} in
  -* | *.conf) set -- redis-server "$@" ;;
esac
if [ "${1:-}" = redis-server ] && [ "$(id -u)" = 0 ]; then
  find . ! -user redis -exec chown redis:redis {} +
  exec setpriv --reuid redis --regid redis --clear-groups "$0" "$@"
fi
umask 0077
exec "$@"

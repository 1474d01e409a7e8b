#!/usr/bin/env bash
# Honours what the official image promises (docker-library/postgres, docker-entrypoint.sh): environment, init scripts on
# the first start only, no empty password, root becomes postgres.
set -euo pipefail

case ${1:-} in
  -*) set -- postgres "$@" ;;
esac
[ "${1:-}" = postgres ] || exec "$@"

if [ "$(id -u)" = 0 ]; then
  install -d -m 0700 "$PGDATA"
  find "$PGDATA" ! -user postgres -exec chown postgres:postgres {} +
  exec setpriv --reuid postgres --regid postgres --init-groups "$0" "$@"
fi

# Sets the variable $1 to its own value, to the content of the file that $1_FILE names, or to $2.
from_environment() {
  local file=$1_FILE
  if [ -n "${!1:-}" ] && [ -n "${!file:-}" ]; then
    echo >&2 "error: $1 and $file are both set, but exclude each other"
    exit 1
  fi
  if [ -n "${!file:-}" ]; then
    printf -v "$1" '%s' "$(cat "${!file}")"
  else
    printf -v "$1" '%s' "${!1:-$2}"
  fi
  unset "$file"
}

# Runs psql on the local socket, where the superuser is trusted.
local_psql() {
  psql -v ON_ERROR_STOP=1 --no-psqlrc --username "$POSTGRES_USER" --no-password "$@"
}

run_init_scripts() {
  local script
  for script in /docker-entrypoint-initdb.d/*; do
    case $script in
      *.sh)
        echo "running $script"
        # shellcheck disable=SC1090 # the operator's own scripts, read like the official image does
        if [ -x "$script" ]; then "$script"; else . "$script"; fi
        ;;
      *.sql)
        echo "running $script"
        local_psql --dbname "$POSTGRES_DB" --file "$script"
        ;;
    esac
  done
}

if [ ! -s "$PGDATA/PG_VERSION" ]; then
  from_environment POSTGRES_PASSWORD ''
  from_environment POSTGRES_USER postgres
  from_environment POSTGRES_DB "$POSTGRES_USER"
  export POSTGRES_USER POSTGRES_DB
  if [ -z "$POSTGRES_PASSWORD" ]; then
    echo >&2 'Error: Database is uninitialized and superuser password is not specified: set POSTGRES_PASSWORD'
    exit 1
  fi
  initdb --username "$POSTGRES_USER" --pwfile <(printf '%s\n' "$POSTGRES_PASSWORD") \
    --encoding UTF8 --locale C.UTF-8 --auth-local trust --auth-host scram-sha-256
  echo 'host all all all scram-sha-256' >>"$PGDATA/pg_hba.conf"
  pg_ctl --pgdata "$PGDATA" --options "-c listen_addresses=''" --wait start
  [ "$POSTGRES_DB" = postgres ] || local_psql --dbname postgres --set name="$POSTGRES_DB" <<<'CREATE DATABASE :"name";'
  run_init_scripts
  pg_ctl --pgdata "$PGDATA" --mode fast --wait stop
  echo 'PostgreSQL init process complete; ready for start up.'
fi
unset POSTGRES_PASSWORD
exec "$@"

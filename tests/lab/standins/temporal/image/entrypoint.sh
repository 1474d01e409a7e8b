#!/bin/bash
# The stand-in always sets PostgreSQL up; without `autosetup` the real image would expect that to be done already.
if [ "$*" != autosetup ]; then
  echo "[stand-in temporal] only the command 'autosetup' is supported, not '$*'" >&2
  exit 1
fi
exec node /opt/standins/temporal/server.ts

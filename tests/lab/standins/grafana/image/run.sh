#!/bin/sh
exec grafana server --homepath="$GF_PATHS_HOME" "$@"

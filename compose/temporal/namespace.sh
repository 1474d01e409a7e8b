# namespace.sh NAME HOURS: a namespace that keeps the history of finished workflows for so many hours.
set -euo pipefail
name=$1 retention=$2h

if found=$(temporal operator namespace describe --namespace "$name" 2>&1); then
  temporal operator namespace update --namespace "$name" --retention "$retention"
elif [[ $found == *'not found'* ]]; then
  temporal operator namespace create --namespace "$name" --retention "$retention"
else
  printf '%s\n' "$found" >&2
  exit 1
fi

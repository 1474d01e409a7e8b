# Asks for the facts of all steps, and tells whether all of them hold. One that is not got in time does not hold: what
# hangs is left behind, without the lock, 8. (`read -N` reads blocks, where a line would be read byte by byte.)
export LC_ALL=C
ask() {
  local answers line IFS
  local -A known=()
  read -r -N 4194304 -t "$seconds" answers < <(exec 8>&- 2>/dev/null && facts)
  IFS=$'\n'
  set -f
  for line in $answers; do known["$line"]=1; done
  for line in "${wanted[@]}"; do [[ -n ${known["$line"]-} ]] || return; done
  printf '%s so\n' "$NONCE"
}

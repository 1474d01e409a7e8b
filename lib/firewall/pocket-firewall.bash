#!/bin/bash
# The firewall of Pocket Automations on this host: one nftables table of its own, and nothing else.
#   pocket-firewall try SECONDS  puts the rules on standard input in force, to be undone after so many seconds
#   pocket-firewall confirm      keeps them; a new login that worked is the proof that they lock nobody out
#   pocket-firewall undo         goes back to the rules that were kept last, or to none
#   pocket-firewall load         puts the kept rules in force, as at boot
#   pocket-firewall unload       lifts them until they are loaded again
#   pocket-firewall status       exits 0 when the kept rules are in force, else says what is not so
set -euo pipefail
export LC_ALL=C PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin
umask 022
readonly table='inet pocket_automations'
readonly rules=/etc/pocket-firewall/rules.nft
readonly state=/run/pocket-firewall
readonly tried=$state/tried.nft undone=$state/undone confirmed=$state/confirmed listed=$state/listed undo=pocket-firewall-undo
mkdir -p "$state"

# What the kernel lists, but for who has connected of late.
list() {
  # shellcheck disable=SC2086 # family and name are two words
  nft list table $table | sed '/^\tset connecting_/,/^\t}/d'
}

# Rules, and what is then listed: should anybody change or flush them, the two differ. (With &&, since `set -e` is off where
# somebody asks whether it worked.)
put_in_force() {
  nft --file "$1" && list >"$listed"
}

lift() {
  nft "add table $table; delete table $table"
  rm -f "$listed"
}

# `try`, `confirm` and `undo` take turns: whichever of the last two comes first decides.
alone() {
  exec 9>"$state/lock"
  flock 9
}

case ${1-} in
  try)
    alone
    cat >"$tried.new"
    nft --check --file "$tried.new"
    systemctl stop "$undo.timer" 2>/dev/null || :
    mv -f "$tried.new" "$tried"
    rm -f "$undone" "$confirmed"
    # systemd undoes, so that it happens whatever becomes of who is logged in. A reboot undoes as well: nothing tried
    # is kept.
    systemd-run --quiet --collect --unit="$undo" --on-active="${2:?seconds}" --timer-property=AccuracySec=100ms "$0" undo 9>&- ||
      { rm -f "$tried"; exit 1; }
    put_in_force "$tried"
    ;;
  confirm)
    alone
    [[ ! -e $undone ]] || { echo 'the new rules were undone before they could be confirmed'; exit 1; }
    # Whoever did not hear that it worked asks again.
    [[ ! -e $confirmed ]] || exit 0
    [[ -e $tried ]] || { echo 'no rules are tried: a restart of this host forgets them'; exit 1; }
    mkdir -p "${rules%/*}"
    cp "$tried" "$rules.new"
    sync "$rules.new"
    mv -f "$rules.new" "$rules"
    put_in_force "$rules"
    mv -f "$tried" "$confirmed"
    systemctl stop "$undo.timer" 2>/dev/null || :
    exec 9>&-
    systemctl start pocket-firewall
    ;;
  undo)
    alone
    [[ -e $tried ]] || exit 0
    # Rules that were kept and cannot be loaded any more must not keep anybody locked out.
    if [[ ! -e $rules ]] || ! put_in_force "$rules"; then lift; fi
    mv -f "$tried" "$undone"
    echo 'the new rules were not confirmed, and are undone'
    ;;
  load) put_in_force "$rules" ;;
  unload) lift ;;
  status)
    [[ ! -e $tried ]] || { echo 'the rules in force are not confirmed'; exit 1; }
    [[ -e $rules ]] || { echo 'no rules are kept'; exit 1; }
    list 2>&1 | cmp -s - "$listed" || { echo 'the rules in force are not those that were kept'; exit 1; }
    systemctl is-enabled --quiet pocket-firewall || { echo 'the rules are not loaded at boot'; exit 1; }
    ;;
  *)
    sed -n '2,/^set /{/^#/s/^# \?//p}' "$0"
    exit 2
    ;;
esac

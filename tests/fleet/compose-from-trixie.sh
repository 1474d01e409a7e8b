# Debian 12 has only the Python Compose 1. Compose 2 of Debian 13 needs nothing newer than Debian 12's libc.
set -eu

printf 'deb http://deb.debian.org/debian trixie main\n' >/etc/apt/sources.list.d/trixie.list
printf 'Package: *\nPin: release n=trixie\nPin-Priority: -1\n' >/etc/apt/preferences.d/trixie
apt-get update -qq
apt-get install -y -qq --no-install-recommends docker-compose/trixie
rm /etc/apt/sources.list.d/trixie.list /etc/apt/preferences.d/trixie

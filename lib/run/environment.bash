# For all that a host is asked or fed: what a login exports would have Docker work on another engine. (Steps are kept from
# all that it exports. Here that would cost a process with each connection.)
for name in "${!DOCKER_@}" "${!COMPOSE_@}"; do
  [[ $name == DOCKER_CONFIG ]] || unset "$name"
done
export PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin

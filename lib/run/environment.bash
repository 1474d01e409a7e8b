# What /etc/environment or a login exports is not the deployment's: Docker would work on another engine, and Docker Compose
# prefer it to a stack's .env.
for name in $(compgen -e); do
  case ${name,,} in
    home | user | logname | shell | term | tz | tmpdir | docker_config | sudo_* | *_proxy | pocket_*) ;;
    *) [[ $name == MODE || " ${secret_names-} " == *" $name "* ]] || unset "$name" ;;
  esac
done
export PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin

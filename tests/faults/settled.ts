import type { Host } from '../fleet/hosts.ts';

/**
 * What a deploy has left on a host, one fact a line, without what differs from one clean deploy to the next: every path
 * with type, mode, owner and target, the hash of every file, users, packages, containers with the hash of their
 * configuration, volumes, networks, and what is left in /run. (`.applied` has the containers' ids, `.loaded` and a
 * directory's name when the proxy's configuration was accepted; the files that end with `-` are the system's own copies
 * of the user database.)
 */
export async function settled(host: Host): Promise<string[]> {
  const { stdout } = await host.exec(`
    find /etc /opt /usr/local /root /home -xdev -printf '%p %y %m %U:%G %l\\n' | sed -E 's/accepted\\.[0-9.]+/accepted/g' | sort
    find /etc /opt /usr/local /root /home -xdev -type f ! -name '*-' ! -name .applied ! -name .loaded -exec sha256sum {} + | sed -E 's/accepted\\.[0-9.]+/accepted/g' | sort
    dpkg-query --show --showformat 'package \${Package} \${db:Status-Abbrev}\\n'
    label=com.docker.compose
    docker ps --all --filter label=$label.project --format "container {{.Names}} {{.Image}} {{.State}} {{.Label \\"$label.config-hash\\"}} {{.Label \\"pocket.files\\"}}" | sort
    docker volume ls --format 'volume {{.Name}}' --filter name=pocket | sort
    docker network ls --format 'network {{.Name}} {{.Driver}}' | sort
    find /run -maxdepth 1 -name 'pocket-*' ! -name pocket-automations.lock
    find / -xdev -name '.*.pocket-new'`);
  return stdout.trimEnd().split('\n');
}

/**
 * Brings a host back to where no deploy has been: the images stay, and so does what runs beside the stacks. So does the
 * Docker network, which would get other addresses, and with it the exporters another configuration.
 */
export async function reset(host: Host): Promise<void> {
  await host.exec(`
    if command -v docker >/dev/null; then
    containers=$(docker ps --all --quiet --filter label=com.docker.compose.project)
    [[ ! $containers ]] || docker rm --force --volumes $containers >/dev/null
    volumes=$(docker volume ls --quiet --filter name=pocket)
    [[ ! $volumes ]] || docker volume rm $volumes >/dev/null
    fi
    userdel pocket 2>/dev/null || true
    rm -rf /opt/pocket /etc/sysctl.d/90-pocket* /etc/security/limits.d/90-pocket* /etc/systemd/system.conf.d
    dpkg --purge curl >/dev/null 2>&1 || true`);
}

/** Gives a host a package archive of its own that has curl, so that installing it needs no network. */
export async function ownArchive(host: Host): Promise<void> {
  await host.exec(
    `apt-get update -qq
    mkdir -p /srv/packages && cd /srv/packages
    apt-get download -qq curl
    for package in *.deb; do
      dpkg-deb -f "$package"
      printf 'Filename: ./%s\\nSize: %s\\nSHA256: %s\\n\\n' "$package" "$(stat -c %s "$package")" "$(sha256sum <"$package" | cut -d' ' -f1)"
    done >Packages
    rm -rf /etc/apt/sources.list /etc/apt/sources.list.d/*
    echo 'deb [trusted=yes] file:/srv/packages ./' >/etc/apt/sources.list.d/own.list
    apt-get update -qq`,
    { timeoutSeconds: 300 },
  );
}

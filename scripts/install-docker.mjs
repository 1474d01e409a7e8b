#!/usr/bin/env node
// Installs Docker Engine and Compose, from Docker's own repository or the distribution's packages. An engine that is
// already there is kept as it is, whatever its version and origin.
import {
  aptInstall,
  aptRepository,
  command,
  packages,
  runRole,
  service,
  sh,
} from '../lib/index.mjs';

/** @type {import('../lib/role.ts').Role} */
export const installDocker = {
  name: 'install-docker',
  summary: 'Installs Docker Engine and Compose, or keeps those that are there.',
  steps: ({ deployment }) => {
    const { source } = deployment.profile.docker;
    return [
      ...(source === 'distribution' ? [] : officialRepository(source)),
      command({
        title: 'Install Docker Engine and Compose',
        unless: sh`command -v dockerd && docker compose version`,
        run: sh`
          if command -v dockerd >/dev/null && [[ $(dpkg-query -S "$(command -v dockerd)") != docker-ce:* ]]; then
            packages=(); distribution=yes
          elif [[ -e ${REPOSITORY} ]] || ${usesAnother(source)}; then
            packages=(docker-ce docker-ce-cli containerd.io); distribution=
          else
            packages=(docker.io iptables); distribution=yes
          fi
          if [[ $distribution ]]; then
            # A fresh host may have no package lists at all, and then no package has a candidate.
            apt update || echo 'the package list could not be refreshed'
            # Ubuntu calls Compose 2 docker-compose-v2; Debian calls it docker-compose from 13 on (12 has Compose 1 only).
            for compose in docker-compose-v2 docker-compose-plugin docker-compose ''; do
              version=$(apt-cache policy "$compose" | sed -n 's/^ *Candidate: //p')
              [[ $version != [2-9]* && $version != [0-9]:[2-9]* ]] || break
            done
            [[ $compose ]] || { echo "this release has no Docker Compose 2; set docker.source: official in the profile"; exit 1; }
          else
            compose=docker-compose-plugin
          fi
          if command -v dockerd >/dev/null; then packages=(); fi
          # From Debian 13 on the client is a package of its own, which docker.io only recommends.
          if [[ $distribution ]] && ! command -v docker >/dev/null &&
            [[ $(apt-cache policy docker-cli | sed -n 's/^ *Candidate: //p') == [0-9]* ]]; then
            packages+=(docker-cli)
          fi
          ${aptInstall(sh`"\${packages[@]}" "$compose"`)}`,
        timeoutSeconds: 1200,
      }),
      service('docker'),
      command({
        title: 'Create the Docker network pocket',
        unless: sh`docker network inspect pocket`,
        run: sh`docker network create pocket`,
      }),
    ];
  },
};

const REPOSITORY = '/etc/apt/sources.list.d/docker.sources';
const KEY = '/etc/apt/keyrings/docker.asc';
// Docker's release key. Source: docs.docker.com, Install Docker Engine on Ubuntu.
const FINGERPRINT = '9DC858229FC7DD38854AE2D88D81803C0EBFCD88';

// Whether apt has Docker's repository from another file. apt refuses to do anything where two files name different keys for
// one repository ("Conflicting values set for option Signed-By"), and guides have had several places for this key.
const HAS_ANOTHER = sh`
  [[ $(
    grep -shE '^[[:space:]]*deb[[:space:]].*//download\.docker\.com/' /etc/apt/sources.list /etc/apt/sources.list.d/*.list
    find /etc/apt/sources.list.d -name '*.sources' ! -path ${REPOSITORY} -exec awk -v RS= '
      /(^|\n)URIs:[^\n]*\/\/download\.docker\.com\// && !/(^|\n)Enabled:[ \t]*no/' {} +
  ) ]]`;

/**
 * Docker's repository, unless an engine is there already, or apt has it from elsewhere: then that serves. With `auto` it is
 * left out where it cannot be reached or does not know the release yet, as happens in the months after a new Ubuntu: the
 * distribution's packages serve then.
 * @param {'official' | 'auto'} source
 */
function officialRepository(source) {
  const unneeded = lacksNothing(source);
  const keyless = sh`{ ${unneeded}; } || ${HAS_ANOTHER}`;
  const repository = aptRepository({
    name: 'docker',
    sources: sh`
      . /etc/os-release
      printf 'Types: deb\nURIs: https://download.docker.com/linux/%s\nSuites: %s\nComponents: stable\nSigned-By: %s\n' "$ID" "$VERSION_CODENAME" ${KEY}`,
  });
  return [
    { ...packages(['gpg']), check: sh`${keyless} || command -v gpg` },
    command({
      title: 'Fetch the key of Docker’s repository',
      unless: sh`[[ -s ${KEY} ]] || ${keyless}`,
      run: sh`
        . /etc/os-release
        install -d -m 755 /etc/apt/keyrings
        curl -fsS -m 60 -o ${KEY}.new "https://download.docker.com/linux/$ID/gpg"
        gpg --batch --with-colons --show-keys ${KEY}.new | grep -qx 'fpr:::::::::${sh`${FINGERPRINT}`}:' ||
          { rm -f ${KEY}.new; echo "the key that was fetched is not Docker's release key ${FINGERPRINT}"; exit 1; }
        chmod 644 ${KEY}.new
        mv -f ${KEY}.new ${KEY}`,
    }),
    {
      ...repository,
      check: sh`
        { ${unneeded}; } || if ${HAS_ANOTHER}; then
          [[ ! -e ${REPOSITORY} ]]
        else
          ${repository.check}
        fi`,
      diff: sh`
        if ${HAS_ANOTHER}; then
          diff -u -- ${REPOSITORY} /dev/null || :
        else
          diff_file ${REPOSITORY} $content
        fi`,
      apply: sh`
        if ${HAS_ANOTHER}; then
          rm -f -- ${REPOSITORY}
          apt update
        else
          ${repository.apply}
        fi`,
    },
  ];
}

/**
 * Whether there is an engine already, or, with `auto`, the repository cannot be reached or does not know the release.
 * @param {'official' | 'auto'} source
 */
function lacksNothing(source) {
  return source === 'auto'
    ? sh`command -v dockerd || { . /etc/os-release; ! curl -fsS -m 10 -o /dev/null "https://download.docker.com/linux/$ID/dists/$VERSION_CODENAME/Release"; }`
    : sh`command -v dockerd`;
}

/** @param {'official' | 'auto' | 'distribution'} source */
function usesAnother(source) {
  if (source === 'distribution') return sh`false`;
  return sh`{ ${HAS_ANOTHER} && ! { ${lacksNothing(source)}; }; }`;
}

if (import.meta.main) await runRole(installDocker);

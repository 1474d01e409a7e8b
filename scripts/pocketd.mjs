#!/usr/bin/env node
// Installs pocketd, the command line of the Pocket network, to ask the chain with. It creates no wallet and no key, and
// which keyring pocketd uses is left to whoever has one.
import { createReadStream, statSync } from 'node:fs';
import {
  command,
  directory,
  packages,
  pocketdChecksums,
  runRole,
  settingFlags,
  sh,
  UserError,
} from '../lib/index.mjs';

/** Where it is installed, and where what is known about it is kept: tag, sha256 of the archive and of the program. */
const PROGRAM = '/usr/local/bin/pocketd';
const DIRECTORY = '/usr/local/share/pocketd';
const RECEIPT = `${DIRECTORY}/receipt`;
const CARRIED = `${DIRECTORY}/archive.tar.gz`;

/** @type {import('../lib/role.ts').Role} */
export const pocketd = {
  name: 'pocketd',
  summary:
    'pocketd, the command line: an exact release, its archive verified before it replaces another.',
  steps: ({ deployment }) => {
    const { network, profile } = deployment;
    return [
      packages(['ca-certificates', 'curl']),
      directory({ path: DIRECTORY }),
      install(profile.pocketd),
      ...(network.rpcUrl ? [setting('node', network.rpcUrl)] : []),
      setting('chain-id', network.chainId),
    ];
  },
  transfer: ({ deployment }) => {
    const { archive, ...settings } = deployment.profile.pocketd;
    return archive === undefined ? undefined : carried(archive, settings);
  },
};

/** @typedef {import('../lib/profile/schema.ts').Profile['pocketd']} Settings */

/**
 * Shell that sets `wanted` to the sha256 of the archive for this host's processor; empty where it is not known.
 * @param {Omit<Settings, 'archive'>} settings
 */
function expected(settings) {
  const { amd64 = '', arm64 = '' } = pocketdChecksums(settings);
  return sh`
    case $(uname -m) in
      x86_64) architecture=amd64 wanted=${amd64} ;;
      aarch64 | arm64) architecture=arm64 wanted=${arm64} ;;
      *) architecture=$(uname -m) wanted= ;;
    esac`;
}

/**
 * Shell that succeeds when this very release is installed and has not been changed since.
 * @param {Omit<Settings, 'archive'>} settings
 */
function installed(settings) {
  return sh`
    ${expected(settings)}
    read -r tag archive program <${RECEIPT} &&
      [[ $wanted && $tag == ${settings.version} && $archive == "$wanted" ]] &&
      sha256sum --check --status <<<"$program  ${sh`${PROGRAM}`}"`;
}

/**
 * Brings the archive, verifies it, asks the program in it for its version, and only then puts it in place in one move;
 * the program that was there stays beside it as a way back. Source of names and form: poktroll,
 * .github/workflows/release-artifacts.yml and makefiles/ignite.mk, v0.1.35.
 * @param {Settings} settings
 */
function install({ archive, ...settings }) {
  const { version } = settings;
  const base = `https://github.com/pokt-network/poktroll/releases/download/${version}`;
  const bring = archive
    ? sh`
      [[ -s ${CARRIED} ]] || { echo ${`copy ${archive} to ${CARRIED} on this host, or run scripts/pocketd.mjs`}; exit 1; }
      from=${archive} file=${CARRIED}`
    : sh`
      from=${base}/pocket_linux_$architecture.tar.gz file=$new/archive.tar.gz
      curl -q --fail --silent --show-error --location --proto-redir =https --retry 3 --connect-timeout 20 --max-time 900 --output "$file" "$from"`;
  return command({
    title: `Install pocketd ${version}`,
    unless: installed(settings),
    run: sh`
      ${expected(settings)}
      [[ $wanted ]] || { echo "the profile has no pocketd.sha256 for $architecture, the processor of this host"; exit 1; }
      # Beside its place, since it has to be started and then moved: /run may forbid the one, another disk the other.
      new=${DIRECTORY}/new
      rm -rf "$new"
      trap 'rm -rf "$new"' EXIT
      mkdir -m 700 "$new"
      ${bring}
      found=$(sha256sum <"$file")
      [[ \${found%% *} == "$wanted" ]] || {
        echo "$from has the sha256 \${found%% *}, and $wanted is wanted: nothing was replaced"
        echo "see pocketd.sha256 and pocketd.version in the profile"
        exit 1
      }
      [[ $(tar --list --verbose --gzip --file "$file" | sed -E 's/^(.)\S* .* /\1 /') == '- pocketd' ]] || {
        echo "$from holds something else than one file called pocketd: nothing was replaced"
        exit 1
      }
      tar --extract --gzip --no-same-owner --no-same-permissions --directory "$new" --file "$file" pocketd
      chown root:root "$new/pocketd"
      chmod 755 "$new/pocketd"
      # Without a home of its own it would leave files in somebody else's.
      version=$(HOME=$new "$new/pocketd" version 2>&1 | grep -oEm 1 '^v?[0-9]+\.[0-9]+\.[0-9]+\S*')
      [[ v\${version#v} == ${version} || v\${version#v} == ${version}-* ]] || {
        echo "the program says that it is \${version:-of no version}, and ${sh`${version}`} is wanted: nothing was replaced"
        exit 1
      }
      program=$(sha256sum <"$new/pocketd")
      [[ ! -e ${PROGRAM} ]] || cp --preserve --force ${PROGRAM} ${`${DIRECTORY}/previous`}
      # To and fro over one file system, so that there is always the old program or the new one.
      cp --preserve "$new/pocketd" ${`${PROGRAM}.new`}
      mv --force ${`${PROGRAM}.new`} ${PROGRAM}
      printf '%s %s %s\n' ${version} "$wanted" "\${program%% *}" >"$new/receipt"
      mv --force "$new/receipt" ${RECEIPT}
      rm -f ${CARRIED}`,
    timeoutSeconds: 1200,
  });
}

/**
 * The archive of the operator's machine, for a host that does not have this release yet.
 * @param {string} archive
 * @param {Omit<Settings, 'archive'>} settings
 */
async function carried(archive, settings) {
  return {
    title: 'Bring the archive of pocketd',
    missing: sh`{ ${installed(settings)}; } 2>/dev/null || echo ${`pocketd ${settings.version}`}`,
    command: sh`
      set -e
      install -d -m 755 ${DIRECTORY}
      cat >${`${CARRIED}.part`}
      mv -f ${`${CARRIED}.part`} ${CARRIED}`,
    open: async () => {
      const { size } = statOf(archive);
      return { stream: createReadStream(archive), bytes: size };
    },
  };
}

/** @param {string} archive */
function statOf(archive) {
  const found = statSync(archive, { throwIfNoEntry: false });
  if (!found?.isFile()) throw new UserError(`pocketd.archive: there is no file ${archive}`);
  return found;
}

/**
 * One setting of pocketd's client for the user who logs in, as far as it is about the network. Read from its file,
 * since every start of pocketd writes to a home that lacks one. The keyring of that file is not looked at.
 * @param {'node' | 'chain-id'} key
 * @param {string} value
 */
function setting(key, value) {
  return command({
    title: `Set pocketd’s ${key} to ${value} for whoever logs in`,
    unless: sh`
      ${HOME}
      [[ $(sed -nE ${`s/^${key} *= *"(.*)" *$/\\1/p`} "$home/.pocket/config/client.toml") == ${value} ]]`,
    run: sh`
      ${HOME}
      runuser -u "$user" -- env HOME="$home" ${PROGRAM} config set client ${key} ${value}`,
  });
}

const HOME = sh`
  user=\${SUDO_USER:-root}
  home=$(getent passwd "$user" | cut -d: -f6)`;

if (import.meta.main) {
  await runRole(pocketd, {
    profile: 'production-single-host',
    alone: '--pocket-network main',
    flags: settingFlags({
      pocket_network: 'NAME',
      pocket_chain_id: 'ID',
      pocket_rpc_url: 'URL',
      'pocketd.version': 'TAG',
      'pocketd.sha256.amd64': 'SHA256',
      'pocketd.sha256.arm64': 'SHA256',
      'pocketd.archive': 'FILE',
    }),
  });
}

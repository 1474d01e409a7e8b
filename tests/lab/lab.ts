// `make lab`: from nothing to a deployed and validated all-in-one host. See README.md.
// Environment: HOST (a real host instead of a container), IMAGES (standin or registry; chosen by itself where absent).
import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { loadDeployment } from '../../lib/deployment.ts';
import { EXIT, UserError } from '../../lib/exit-codes.ts';
import { home } from '../../lib/home.ts';
import { parseAddress } from '../../lib/profile/address.ts';
import { openConnection } from '../../lib/run/connection.ts';
import { writeSshConfig } from '../../lib/run/ssh-config.ts';
import { shortPath } from '../../lib/short-path.ts';
import { ensureDocker, findHost, startHost } from '../fleet/hosts.ts';
import { ensureBundle } from './bundle.ts';
import { LAB_PROFILE, LAB_RUN, ROOT } from './paths.ts';
import { type LabHost, type LabProfile, STAND_IN_IMAGES, writeLabProfile } from './profile.ts';
import { registriesReachable } from './registries.ts';
import { BACKEND, CHAIN, ownAddress, startStandIns } from './stand-ins.ts';

async function main(): Promise<void> {
  const began = Date.now();
  const standIns = process.env.IMAGES
    ? process.env.IMAGES === 'standin'
    : !(await registriesReachable());
  if (standIns) {
    say(
      'This lab runs stand-ins for Igniter, Temporal, RelayMiner and the Pocket chain, since container registries are',
    );
    say(
      'out of reach or not wanted. Redis, PostgreSQL and Caddy are Debian’s. Nothing here can earn or stake.',
    );
  }
  const images = standIns ? [...Object.values(STAND_IN_IMAGES), CHAIN, BACKEND] : [BACKEND];
  const [lab] = await Promise.all([preparedHost(standIns), ensureBundle(images)]);
  const deployment = loadDeployment(LAB_PROFILE);
  const connection = await openConnection(deployment.host('lab'), writeSshConfig(deployment));
  try {
    const address = await ownAddress(connection);
    writeLabProfile({ ...lab, address });
    await startStandIns(connection, address, standIns ? deployment : undefined);
  } finally {
    await connection.close();
  }
  await script('deploy', '--yes');
  await script('report', '--validate');
  say('');
  say(`The lab is up after ${Math.round((Date.now() - began) / 1000)} s. Where to look next:`);
  for (const [what, where] of nextPlaces()) say(`  ${what.padEnd(14)} ${where}`);
}

/** A host with Docker, which needs no images yet. Its own address is asked for afterwards. */
async function preparedHost(standIns: boolean): Promise<Omit<LabProfile, 'address'>> {
  const host = process.env.HOST ? realHost(process.env.HOST) : await containerHost();
  const lab = { path: LAB_PROFILE, name: 'lab', host, standIns };
  writeLabProfile({ ...lab, address: '192.0.2.1' });
  await script('deploy', '--only', 'common,install-docker', '--yes');
  return lab;
}

async function containerHost(): Promise<LabHost> {
  await ensureDocker();
  const host = (await findHost('lab', LAB_RUN)) ?? (await startHost({ name: 'lab', run: LAB_RUN }));
  const { address, user, identityFile } = host;
  return { address, user, identity_file: identityFile };
}

function realHost(given: string): LabHost {
  const { address, user, port } = parseAddress(given);
  return { address, ...(user && { user }), ...(port && { port }) };
}

function nextPlaces(): [string, string][] {
  const kept = (...names: string[]) => shortPath(join(home(), ...names));
  const ssh = `ssh -F ${kept('deployments', 'lab', 'ssh_config')} lab`;
  const places: [string, string][] = [
    ['the report', kept('reports', 'lab', 'report.html')],
    ['the host', ssh],
    ['the portal', `http://localhost:3001, while this runs: ${ssh} -N -L 3001:127.0.0.1:3001`],
    ['relays', 'https://relay.lab.internal, which is port 443 of the host'],
    ['again', 'make lab (changes nothing where nothing has to change)'],
  ];
  return process.env.HOST ? places : [...places, ['stop it', 'make lab-down']];
}

/** Runs one of the project's own scripts as an operator would. */
function script(name: string, ...words: string[]): Promise<void> {
  const path = join(ROOT, 'scripts', `${name}.mjs`);
  const child = spawn(process.execPath, [path, '--profile', LAB_PROFILE, ...words], {
    cwd: ROOT,
    stdio: 'inherit',
  });
  return new Promise((resolve, reject) => {
    child.once('close', (status) => {
      if (status === 0) resolve();
      else
        reject(
          new UserError(
            `scripts/${name}.mjs ended with ${status}; see above`,
            status ?? EXIT.failed,
          ),
        );
    });
  });
}

function say(text: string): void {
  process.stderr.write(`${text}\n`);
}

try {
  await main();
} catch (error) {
  if (!(error instanceof Error)) throw error;
  say(`make lab: ${error.message}`);
  process.exitCode = error instanceof UserError ? error.exitCode : EXIT.failed;
}

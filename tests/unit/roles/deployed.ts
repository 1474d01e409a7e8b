import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import { parseEnv } from 'node:util';
import { type Deployment, loadDeployment } from '../../../lib/deployment.ts';
import type { Role } from '../../../lib/role.ts';
import { compile } from '../../../lib/run/compile.ts';
import { loadSecrets } from '../../../lib/secrets/secrets.ts';
import type { Step } from '../../../lib/step.ts';
import { directoryWith, OWNER } from '../profile/temporary.ts';

/** PostgreSQL and Temporal on the host `data`, the Provider on `front`. */
export const TWO_HOSTS = `
  data: {address: 203.0.113.7, private_address: 10.0.0.4}
  front: {address: 203.0.113.8, private_address: 10.0.0.5}
postgres_hosts: [data]
temporal_hosts: [data]
provider_hosts: [front]`;

/** All three on the host `one`. */
export const ONE_HOST = `
  one: 203.0.113.7
postgres_hosts: [one]
temporal_hosts: [one]
provider_hosts: [one]`;

/** All three on the host `one`, and a Redis there and on two more. */
export const THREE_REDIS = `
  one: {address: 203.0.113.1, private_address: 10.0.0.1}
  two: {address: 203.0.113.2, private_address: 10.0.0.2}
  three: {address: 203.0.113.3, private_address: 10.0.0.3}
postgres_hosts: [one]
temporal_hosts: [one]
provider_hosts: [one]
redis_hosts: [one, two, three]`;

/** What a role would do on a host: its steps, and the script that they become. */
export interface Deployed {
  steps: Step[];
  script: string;
  /** The text of a file that it writes, with its secrets. Throws when it writes none, or one that depends on the host. */
  text(path: string): string;
  /** The variables of a stack's `.env`. */
  env(stack: string): NodeJS.Dict<string>;
  /** The step whose title begins so. Throws when there is none. */
  step(title: string): Step;
}

/**
 * A deployment of the Igniter stacks, and what roles do there.
 * @param hosts hosts and groups, such as {@link ONE_HOST}
 * @param settings more lines of the profile
 */
export function deployment(t: TestContext, hosts: string, settings = '') {
  const profile = `pocket_network: beta
hosts:${hosts}
provider:
  owner_identity: ${OWNER}
  owner_email: me@nodes.net
${settings}
`;
  const root = directoryWith(t, { 'p.yaml': profile });
  const loaded = loadDeployment(join(root, 'p.yaml'), { root });
  return { loaded, run: (role: Role, host: string) => run(loaded, role, host) };
}

function run(loaded: Deployment, role: Role, name: string): Deployed {
  const secrets = loadSecrets(loaded, { create: true });
  const steps = role.steps({ deployment: loaded, host: loaded.host(name), secrets });
  const step = (title: string) => {
    const found = steps.find((one) => one.title.startsWith(title));
    if (!found)
      throw new Error(`no step "${title}" among:\n${steps.map((one) => one.title).join('\n')}`);
    return found;
  };
  const text = (path: string) => {
    const { content } = step(`Write ${path}`);
    if (typeof content !== 'string') throw new Error(`${path} is made on the host`);
    return content;
  };
  return {
    steps,
    script: compile(role.name, steps, secrets.named()),
    text,
    env: (stack) => parseEnv(text(`/opt/pocket/${stack}/.env`)),
    step,
  };
}

/** Runs a step's shell here as a host would, with shell functions in place of commands. Throws when it fails. */
export function bash(script: string, functions = ''): string {
  const whole = `set -euo pipefail\n${functions}\n${script}`;
  return execFileSync('bash', ['-c', whole], {
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'pipe'],
  });
}

import { createHash, randomBytes } from 'node:crypto';
import type { RoleName } from '../profile/roles.ts';
import type { SecretName } from '../profile/schema.ts';
import { sh } from '../shell.ts';
import { shortPath } from '../short-path.ts';
import { STACKS } from '../steps/stack.ts';
import type { Check } from '../validation/check.ts';
import { onHost } from '../validation/fixes.ts';
import { fail, lastWords, pass } from '../validation/verdict.ts';
import type { CheckContext } from './context.ts';

/** What is lost with these cannot be made again, and a host may have the last copy: their names in each stack's `.env`. */
const KEPT = {
  provider: {
    APP_IDENTITY: 'app_identity',
    ENCRYPTION_KEY: 'encryption_key',
    ENCRYPTION_IV: 'encryption_iv',
  },
  middleman: {
    APP_IDENTITY: 'middleman_app_identity',
    NOTIFICATION_ENCRYPTION_KEY: 'middleman_notification_key',
  },
} as const satisfies Partial<Record<RoleName, Record<string, SecretName>>>;

/**
 * Whether a deploy would replace a key or an identity on the host by another one, as it would from a machine, or under a
 * name of the deployment, that has made itself new secrets. The host tells hashes with a salt that is used once.
 */
export function keptSecretsChecks(context: CheckContext, roles: readonly RoleName[]): Check[] {
  return Object.entries(KEPT)
    .filter(([role]) => roles.includes(role as RoleName))
    .map(([role, names]) => keptSecretsCheck(context, role, names));
}

function keptSecretsCheck(
  { deployment, host, secrets }: CheckContext,
  role: string,
  names: Readonly<Record<string, SecretName>>,
): Check {
  const path = `${STACKS}/${role}/.env`;
  const salt = randomBytes(16).toString('hex');
  const store = shortPath(`${deployment.directory}/secrets.yaml`);
  return {
    id: `secrets.kept-${role}`,
    group: 'secrets',
    severity: 'critical',
    title: `The keys of the ${role} are those that the host has`,
    host,
    probe: sh`
      [[ -e ${path} ]] || exit 0
      for name in ${Object.keys(names)}; do
        value=$(sed -n "s/^$name=//p" ${path})
        [[ ! $value ]] || printf '%s %s\n' "$name" "$(printf '%s%s' ${salt} "$value" | sha256sum | cut -d ' ' -f 1)"
      done`,
    fix: `put the values of ${onHost(deployment, host, `cat ${path}`)} into ${store}, or where the profile says; only where nothing of the ${role} is to be kept: remove that file on the host, and its database`,
    judge: (result) => {
      if (result.status !== 0) return fail(`${path} cannot be read: ${lastWords(result)}`);
      const others = result.output
        .split('\n')
        .map((line) => line.split(' '))
        .filter(([name = '', hash]) => {
          const secret = names[name];
          if (secret === undefined) return false;
          const own = salt + secrets.get(secret).reveal();
          return hash !== createHash('sha256').update(own).digest('hex');
        })
        .map(([name = '']) => names[name]);
      return others.length === 0
        ? pass('the same')
        : fail(`${others.join(', ')}: the host has another one, which would be lost`);
    },
  };
}

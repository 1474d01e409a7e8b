import { bare } from '../bare.ts';
import { preflightChecks } from '../checks/preflight.ts';
import type { Deployment } from '../deployment.ts';
import { EXIT, UserError } from '../exit-codes.ts';
import type { Secrets } from '../secrets/secrets.ts';
import { ask } from '../validation/ask.ts';
import { findingOf } from '../validation/check.ts';
import type { Connection } from './connection.ts';
import type { Part } from './deploy.ts';

const LONGEST_EVIDENCE = 2000;

/**
 * Asks a host, before anything is changed anywhere, whether its parts of a deploy can work there: the system, the
 * processor, free ports, registries within reach. What cannot be asked is left to the steps themselves, but for what a
 * deploy would lose for good.
 * @returns what is in the way, each with what to do about it.
 * @throws UserError with exit code 4 when the host is lost meanwhile, which tells nothing of what is there
 */
export async function preflight(
  connection: Connection,
  options: { deployment: Deployment; secrets: Secrets; parts: readonly Part[] },
): Promise<string[]> {
  const { deployment, secrets, parts } = options;
  const { host } = connection;
  const roles = parts
    .filter((part) => part.host === host)
    .flatMap((part) => part.roles.map(({ name }) => name));
  const problems: string[] = [];
  const checks = preflightChecks({ deployment, host, secrets }, roles);
  const broken = await ask(
    connection,
    `Questions to ${host.name} before a deploy`,
    checks,
    secrets,
    (check, result) => {
      // No step would notice that it replaces the last copy of a key.
      if (!result.ran && check.group !== 'secrets') return;
      const { verdict, title, evidence, fix } = findingOf(check, result);
      if (verdict !== 'fail') return;
      const told = bare(evidence).slice(0, LONGEST_EVIDENCE);
      problems.push(result.ran ? `${told}\n  ${fix}` : `${title}? It ${told}\n  Run this again.`);
    },
  );
  if (broken instanceof UserError && broken.exitCode === EXIT.unreachable) throw broken;
  return problems;
}

import type { Deployment } from '../deployment.ts';
import type { Secrets } from '../secrets/secrets.ts';
import { compile, type SecretValue, secretsIn } from './compile.ts';
import { pack } from './connection.ts';
import type { Part } from './deploy.ts';
import type { RoleStep } from './run-script.ts';

/** What a part of a deploy sends to its host. */
export interface PartScript {
  /** As gzip leaves it. */
  script: Buffer;
  /** Those that the script writes. */
  secrets: SecretValue[];
  steps: RoleStep[];
}

/**
 * The script of a part, without any secret.
 * @throws TypeError when a secret stands anywhere but in a step's content
 */
export function scriptOf(
  { host, roles }: Part,
  deployment: Deployment,
  secrets: Secrets,
): PartScript {
  const made = roles.flatMap((role) =>
    role.steps({ deployment, host, secrets }).map((step) => ({ role: role.name, step })),
  );
  const names = roles.map(({ name }) => name).join(', ');
  const text = compile(
    `${names} on ${host.name}, deployment ${deployment.name}`,
    made.map(({ step }) => step),
    secrets.named(),
  );
  // Of fifty hosts with hundreds of steps, all texts once more would be a good part of this process.
  const steps = made.map(({ role, step: { title, timeoutSeconds } }) => ({
    role,
    step: { title, timeoutSeconds },
  }));
  return { script: pack(text), secrets: secretsIn(text, secrets.named()), steps };
}

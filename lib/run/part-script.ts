import type { Deployment } from '../deployment.ts';
import type { Secrets } from '../secrets/secrets.ts';
import { compile, factsOf, type SecretValue, secretsOf } from './compile.ts';
import type { Part } from './deploy.ts';
import { questionOf } from './question.ts';
import type { RoleStep } from './run-script.ts';

/** What a part of a deploy sends to its host. */
export interface PartScript {
  /** Made when it is sent: of fifty hosts with hundreds of steps, all texts would be a good part of this process. */
  text(): string;
  /** Whether there is nothing to do, where the facts of all steps can tell. */
  question: string | undefined;
  /** Those that the script writes. */
  secrets: SecretValue[];
  steps: RoleStep[];
}

/**
 * The script of a part, without any secret.
 * @throws TypeError when a secret stands anywhere but in a step's content
 */
export function scriptOf(part: Part, deployment: Deployment, secrets: Secrets): PartScript {
  const named = secrets.named();
  const names = part.roles.map(({ name }) => name).join(', ');
  const title = `${names} on ${part.host.name}, deployment ${deployment.name}`;
  const steps = stepsOf(part, deployment, secrets);
  const facts = steps.map(({ step }) => factsOf(step, named));
  const factual = facts.every((ofStep) => ofStep.length > 0);
  return {
    text: () => {
      const again = stepsOf(part, deployment, secrets).map(({ step }) => step);
      return compile(title, again, named);
    },
    question: factual ? questionOf(facts.flat()) : undefined,
    secrets: secretsOf(
      steps.map(({ step }) => step),
      named,
    ),
    steps: steps.map(({ role, step: { title, timeoutSeconds } }) => ({
      role,
      step: { title, timeoutSeconds },
    })),
  };
}

function stepsOf({ host, roles }: Part, deployment: Deployment, secrets: Secrets) {
  return roles.flatMap((role) =>
    role.steps({ deployment, host, secrets }).map((step) => ({ role: role.name, step })),
  );
}

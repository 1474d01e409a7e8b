// A program: deploys the firewall of a profile's host with a mistake in it. Arguments: profile, host, mistake.
import { runDeploy } from '../../lib/commands/deploy-command.ts';
import { processTerminal } from '../../lib/commands/listeners.ts';
import { loadDeployment } from '../../lib/deployment.ts';
import type { Role } from '../../lib/role.ts';
import { sh } from '../../lib/shell.ts';
import { firewall } from '../../scripts/firewall.mjs';

/** What goes wrong: `new` logins are dropped, `all` of ssh is, or nobody `confirms` in time rules that are fine. */
export type Mistake = 'new' | 'all' | 'unconfirmed';

const DROP = 'tcp dport 22 drop';

/** The firewall with a rule more. */
function mistaken(mistake: Mistake): Role {
  return {
    ...firewall,
    steps: (context) =>
      firewall.steps(context).map((step) => {
        if (typeof step.content !== 'string' || !step.content.startsWith('# The firewall of'))
          return step;
        const content = step.content.replace(
          mistake === 'all' ? /(?=iifname)/ : /(?=tcp dport \{ 22)/,
          mistake === 'unconfirmed' ? 'tcp dport 1 drop\n' : `${DROP}\n`,
        );
        return { ...step, content };
      }),
    confirm: (context) => {
      const confirmation = firewall.confirm?.(context);
      if (mistake !== 'unconfirmed' || !confirmation) return confirmation;
      return { ...confirmation, command: sh`sleep 300` };
    },
  };
}

if (import.meta.main) {
  const [profile = '', limit = '', mistake = 'new'] = process.argv.slice(2);
  process.exitCode = await runDeploy({
    deployment: loadDeployment(profile),
    roles: [mistaken(mistake as Mistake)],
    given: { yes: true, limit },
    terminal: processTerminal({}),
    again: 'the same again',
  });
}

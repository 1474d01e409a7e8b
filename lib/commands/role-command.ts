import { adHocDeployment, type Deployment, loadDeployment } from '../deployment.ts';
import { EXIT, UserError } from '../exit-codes.ts';
import { ProfileError } from '../profile/problem.ts';
import type { Role, RoleContext } from '../role.ts';
import { type Command, runCommand } from './command.ts';
import { DEPLOY_OPTIONS, type DeployGiven, runDeploy, typedAgain } from './deploy-command.ts';
import type { Option } from './options.ts';
import { atFlags, type SettingFlag, settingsOf } from './setting-flags.ts';

/**
 * The command line of a role's script: on the hosts of a profile that have the role, or on any host with flags for
 * what the role needs.
 * @param options.others roles that the script brings along, such as the images that the role runs
 * @param options.profile for the examples, a shipped profile that has the role; the lab's where absent
 * @param options.alone for the examples, the options that the role cannot do without on a host alone
 */
function roleCommand(
  role: Role,
  options: {
    flags?: Record<string, SettingFlag>;
    others?: readonly Role[];
    profile?: string;
    alone?: string;
  } = {},
): Command<Record<string, Option>> {
  const { flags = {}, others = [], profile = 'all-in-one-lab', alone = '' } = options;
  const script = `scripts/${role.name}.mjs`;
  return {
    script,
    summary: role.summary,
    options: {
      profile: { value: 'FILE', help: 'the profile; its hosts that have this role are worked on' },
      host: {
        value: 'USER@HOST:PORT',
        help: 'one host, without a profile; localhost needs no SSH',
      },
      ...DEPLOY_OPTIONS,
      ...flags,
    },
    examples: [
      `--profile profiles/${profile}.yaml --dry-run`,
      `--host root@203.0.113.10 --print ${alone}`,
    ],
    run: async (given, terminal) => {
      const deployment = deploymentOf(role, given, flags);
      return runDeploy({
        deployment,
        roles: [...others, role].map((one) => (one === role ? one : onlyFor(role, one))),
        given: given as DeployGiven,
        terminal,
        only: role.name,
        again: typedAgain(script),
      });
    },
  };
}

/** Runs a role's script. */
export function runRole(
  role: Role,
  options: Parameters<typeof roleCommand>[1] = {},
): Promise<void> {
  return runCommand(roleCommand(role, options));
}

/** Another role as far as this role needs it: what the host's other roles need is left alone. */
function onlyFor(role: Role, { transfer, ...other }: Role): Role {
  const needed = (context: RoleContext): RoleContext => ({
    ...context,
    host: { ...context.host, roles: [role.name] },
  });
  return {
    ...other,
    steps: (context) => other.steps(needed(context)),
    ...(transfer && { transfer: (context) => transfer(needed(context)) }),
  };
}

function deploymentOf(
  role: Role,
  given: Record<string, string | true | undefined>,
  flags: Record<string, SettingFlag>,
): Deployment {
  const { profile, host } = given;
  if (typeof profile === 'string' && host === undefined) {
    const flag = Object.keys(flags).find((name) => given[name] !== undefined);
    if (flag !== undefined) {
      throw new UserError(
        `--${flag} goes with --host; with --profile, set it in ${profile}`,
        EXIT.usage,
      );
    }
    return loadDeployment(profile);
  }
  if (typeof host !== 'string' || profile !== undefined) {
    throw new UserError(
      'Give --profile FILE or --host USER@HOST, one of them. See --help.',
      EXIT.usage,
    );
  }
  try {
    return adHocDeployment({ host, role: role.name, settings: settingsOf(flags, given) });
  } catch (error) {
    if (error instanceof ProfileError)
      throw new ProfileError(atFlags(error.problems, flags, given));
    throw error;
  }
}

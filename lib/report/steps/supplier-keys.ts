import { quote } from '../../shell.ts';
import { shortPath } from '../../short-path.ts';
import type { ReportInput } from '../input.ts';
import { blocks, code, commands, table } from '../markdown.ts';
import type { Field, Step } from '../wizard.ts';

const ADDRESS_GROUP: Field = {
  label: 'Address Group',
  answer: { decide: { example: 'Default', rule: 'one of the page Address Groups' } },
  why: 'What the suppliers of these keys will serve.',
};

const LATER =
  'When a delegator asks for more keys than there are, the Provider makes new ones itself. Their relays are served only once the relay hosts have them too: ' +
  'Keys → Export, add each `hex` to the list in `relayminer.keys_file`, deploy again. An exported file cannot be imported as it is.';

/** The keys that sign for suppliers: made in the portal where the relay hosts have none yet, else imported there. */
export function supplierKeys(input: ReportInput): Step {
  const source = input.deployment.profile.relayminer?.keys_file;
  const none = source !== undefined && input.secrets.supplierKeys.length === 0;
  const page = none ? 'Generate' : 'Import';
  const skip = none
    ? ''
    : ' Skip this page if the portal made these keys (Keys → Generate): it has them, and refuses them a second time.';
  return {
    title: 'Supplier operator keys',
    about: `Each supplier is operated by a key that both the Provider and the relay hosts hold. In the portal: Keys → ${page}.${skip}`,
    ...(none ? generated(input) : imported(input)),
  };
}

/** The file that a reference to the keys names; none for a command or an environment variable. */
function fileOf({ profile }: ReportInput['deployment']): string | undefined {
  const source = profile.relayminer?.keys_file;
  return source?.startsWith('file:') ? source.slice(5) : undefined;
}

/** Keys → Generate. Source: igniter, apps/provider, admin/keys/generate, v0.9. */
function generated({ deployment }: ReportInput): Pick<Step, 'fields' | 'notes'> {
  const file = fileOf(deployment);
  const { profilePath } = deployment;
  return {
    fields: [
      ADDRESS_GROUP,
      {
        label: 'Number of Keys',
        answer: { decide: { example: '1', rule: 'from 1 to 10000' } },
        why: 'One for each supplier that you want to stake.',
      },
    ],
    notes: blocks(
      file === undefined
        ? 'The browser saves the keys as a JSON file. Put each `hex` of it into a YAML list named `keys` where `relayminer.keys_file` takes them from, then deploy everything. The file holds private keys: delete it after that.'
        : `The browser saves the keys as a JSON file: put it where commands are typed, as ${code(DOWNLOAD)}. This makes the keys file of it, for you alone, and deploys everything. It holds private keys: delete it after that.\n\n${commands(
            keysFileFrom(DOWNLOAD, file),
            ...(profilePath
              ? [`scripts/deploy.mjs --profile ${quote(shortPath(profilePath))}`]
              : []),
          )}`,
      LATER,
    ),
  };
}

const DOWNLOAD = 'keys.json';

/** The command that turns the Provider's list of keys into RelayMiner's, as the README has it. */
function keysFileFrom(download: string, keysFile: string): string {
  const to = quote(shortPath(keysFile));
  return `(umask 077; { echo keys:; grep -oE '[0-9a-f]{64}' ${download} | sed 's/.*/- "&"/'; } >${to})`;
}

/** Keys → Import. Source: igniter, apps/provider, admin/keys import and export, v0.9. */
function imported({ deployment, secrets }: ReportInput): Pick<Step, 'fields' | 'notes'> {
  const keys = secrets.supplierKeys;
  const file = fileOf(deployment);
  return {
    fields: [
      ADDRESS_GROUP,
      {
        label: 'File',
        answer: file
          ? { type: 'import.json' }
          : { decide: { rule: 'a JSON list of private keys, each a text of 64 digits' } },
        why: 'All or nothing: one key that is there already rejects the file.',
      },
    ],
    notes: blocks(
      file &&
        `This writes \`import.json\` from the keys of the relay hosts, for you alone. It holds private keys: delete it after the import.\n\n${commands(importFile(file))}`,
      keys.length > 0
        ? `After the import the portal must list these addresses:\n\n${table(
            ['Address', 'Public key'],
            keys.map(({ address, publicKey }) => [code(address), code(publicKey)]),
          )}`
        : '',
      LATER,
    ),
  };
}

/** The command that turns RelayMiner's list of keys into the Provider's. */
function importFile(keysFile: string): string {
  const from = quote(shortPath(keysFile));
  const keys = `sed 's/#.*//' ${from} | grep -oE '[0-9a-fA-F]{64}'`;
  return `(umask 077; ${keys} | sed 's/.*/"&"/' | paste -sd, | sed 's/.*/[&]/' > import.json)`;
}

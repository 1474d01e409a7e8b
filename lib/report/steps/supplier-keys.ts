import { quote } from '../../shell.ts';
import { shortPath } from '../../short-path.ts';
import type { ReportInput } from '../input.ts';
import { blocks, code, commands, table } from '../markdown.ts';
import type { Step } from '../wizard.ts';
import { word } from '../words.ts';

/** The keys that sign for suppliers. Source: igniter, apps/provider, admin/keys import and export, v0.9. */
export function supplierKeys({ deployment, secrets }: ReportInput): Step {
  const keys = secrets.supplierKeys;
  const source = deployment.profile.relayminer?.keys_file;
  const file = source?.startsWith('file:') ? source.slice(5) : undefined;
  return {
    title: 'Supplier operator keys',
    about: `Each ${word('supplier')} is operated by a key that both the Provider and the relay hosts hold. In the portal: Keys → Import.`,
    fields: [
      {
        label: 'Address Group',
        answer: { decide: { example: 'Default', rule: 'one of the page Address Groups' } },
        why: 'What the suppliers of these keys will serve.',
      },
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
      'When a delegator asks for more keys than there are, the Provider makes new ones itself. Their relays are served only once the relay hosts have them too: ' +
        'Keys → Export, add each `hex` to the list in `relayminer.keys_file`, deploy again. An exported file cannot be imported as it is.',
    ),
  };
}

/** The command that turns RelayMiner's list of keys into the Provider's. */
function importFile(keysFile: string): string {
  const from = quote(shortPath(keysFile));
  const keys = `sed 's/#.*//' ${from} | grep -oE '[0-9a-fA-F]{64}'`;
  return `(umask 077; ${keys} | sed 's/.*/"&"/' | paste -sd, | sed 's/.*/[&]/' > import.json)`;
}

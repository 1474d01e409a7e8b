/** `grafana`: stand-in for Grafana's program, the server and the one command of its command line that is used. */
import { text } from 'node:stream/consumers';
import { parseArgs } from 'node:util';
import { logger, reason } from '../shared/log.ts';
import { serve } from './server.ts';
import { readSettings } from './settings.ts';
import { Store } from './store.ts';

const [verb = '', ...words] = process.argv.slice(2);
const string = { type: 'string' } as const;

/** `grafana cli [--homepath …] [--config …] admin reset-admin-password --password-from-stdin` */
async function cli(): Promise<void> {
  const { values, positionals } = parseArgs({
    args: words,
    options: { homepath: string, config: string, 'password-from-stdin': { type: 'boolean' } },
    allowPositionals: true,
  });
  const [admin, command, given] = positionals;
  if (admin !== 'admin' || command !== 'reset-admin-password') {
    throw new Error(`No help topic for '${positionals.join(' ')}'`);
  }
  const settings = readSettings(process.env);
  const store = new Store(settings.data);
  if (!store.exists) throw new Error('could not read user from database. Error: user not found');
  const fromInput = values['password-from-stdin'];
  const password = fromInput ? (await text(process.stdin)).split('\n')[0] : given;
  if (!password) throw new Error('new password is empty');
  store.write(store.login, password);
  console.log('Admin password changed successfully ✔');
}

try {
  if (verb === 'cli') await cli();
  else if (verb === 'server') {
    parseArgs({ args: words, options: { homepath: string, config: string, packaging: string } });
    await serve(readSettings(process.env), logger('grafana'));
  } else throw new Error(`No help topic for '${verb}'`);
} catch (error) {
  console.error(`Error: ✗ ${reason(error)}`);
  process.exitCode = 1;
}

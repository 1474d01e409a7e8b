import { setTimeout as sleep } from 'node:timers/promises';
import { UserError } from '../exit-codes.ts';
import type { Host } from '../hosts.ts';
import type { Confirmation } from '../role.ts';
import { openConnection } from './connection.ts';
import { within } from './silence.ts';

/** A server may turn one login away for another reason than the change; what is left of the time is for its answer. */
const TRY_FOR = 2 / 3;
const PAUSE_MILLISECONDS = 2000;
const ANSWER_SECONDS = 30;

/**
 * Confirms a change over a login made anew, which proves that one can be made. On this machine there is none to prove.
 * @returns empty when it is confirmed, else what to tell the operator: the host undoes the change by itself
 */
export async function confirmAnew(
  host: Host,
  sshConfig: string,
  confirmation: Confirmation,
): Promise<string> {
  const milliseconds = confirmation.undoneAfterSeconds * 1000;
  const began = Date.now();
  for (;;) {
    try {
      return await confirmOnce(host, sshConfig, confirmation);
    } catch (error) {
      if (!(error instanceof UserError)) throw error;
      if (Date.now() + PAUSE_MILLISECONDS >= began + milliseconds * TRY_FOR)
        return undoneText(host, new Date(began + milliseconds), error.message);
      await sleep(PAUSE_MILLISECONDS);
    }
  }
}

/** What is told of a change that was not confirmed, and that the host has undone by then. */
export function undoneText(host: Host, by: Date, reason: string): string {
  const time = by.toISOString().slice(11, 19);
  return `${host.name}: the change was not confirmed, because no new login worked after it: ${reason}\n  The host undoes it by itself, at ${time} UTC at the latest, and is then as it was before.`;
}

async function confirmOnce(
  host: Host,
  sshConfig: string,
  { command }: Confirmation,
): Promise<string> {
  const connection = await openConnection(host, sshConfig, { anew: true });
  try {
    let said = '';
    const running = connection.run(`${command.text} 2>&1`, (line) => {
      said = line;
    });
    const status = await within(host.name, ANSWER_SECONDS, running);
    return status === 0 ? '' : `${host.name}: the change could not be confirmed: ${said}`;
  } finally {
    await connection.close();
  }
}

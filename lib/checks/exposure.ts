import type { Check, Verdict } from '../check.ts';
import { rerun } from '../fixes.ts';
import { PORT_NAMES, PORTS } from '../ports.ts';
import { sh } from '../shell.ts';
import { fail, lastWords, pass, skip } from '../verdict.ts';
import type { CheckContext } from './context.ts';

/** Where the ports that are not public listen, as the host's kernel tells. */
export function exposureChecks(context: CheckContext): Check[] {
  const { deployment, host } = context;
  const names = PORT_NAMES.filter(
    (name) => !PORTS[name].public && deployment.publishers(name).includes(host),
  );
  return names.map((name) => {
    const { port, role } = PORTS[name];
    return {
      id: `exposure.${name}`,
      group: 'exposure',
      title: `Port ${port} (${name}) is private`,
      host,
      probe: sh`ss --no-header --listening --tcp --numeric`,
      fix: rerun(deployment, role, host),
      judge: (result) =>
        result.status === 0
          ? exposureVerdict(result.output, port, deployment.bindAddresses(name, host))
          : fail(`ss says: ${lastWords(result)}`),
    };
  });
}

/** Judges the output of `ss -Hltn`: the port listens at loopback and the given addresses alone. */
export function exposureVerdict(output: string, port: number, wanted: readonly string[]): Verdict {
  const addresses = output
    .split('\n')
    .map((line) => line.trim().split(/\s+/)[3] ?? '')
    .filter((local) => local.endsWith(`:${port}`))
    .map((local) => local.slice(0, -`:${port}`.length).replace(/^\[|\]$|%.*$/g, ''));
  if (addresses.length === 0) return skip('nothing listens there');
  const open = addresses.filter(
    (address) => !/^127\.|^::1$/.test(address) && !wanted.includes(address),
  );
  return open.length === 0
    ? pass(addresses.join(', '))
    : fail(`it listens at ${open.join(', ')}; wanted: ${wanted.join(', ')}`);
}

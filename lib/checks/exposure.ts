import { PORT_NAMES, PORTS } from '../ports.ts';
import { lines, sh } from '../shell.ts';
import type { Check, Verdict } from '../validation/check.ts';
import { onHost, rerun } from '../validation/fixes.ts';
import { fail, lastWords, pass, skip } from '../validation/verdict.ts';
import type { CheckContext } from './context.ts';

const SOCKETS = sh`ss --no-header --listening --tcp --numeric`;
const GATEWAYS = sh`
  docker network inspect --format '{{range .IPAM.Config}}{{println "gateway" .Gateway}}{{end}}' pocket`;

/** The gateways among the lines of a probe. */
function gatewaysIn(output: string): string[] {
  return [...output.matchAll(/^gateway (\S+)$/gm)].map(([, address]) => address!);
}

/** Where the ports that are not public listen, as the host's kernel tells. */
export function exposureChecks(context: CheckContext): Check[] {
  const { deployment, host } = context;
  const names = PORT_NAMES.filter(
    (name) => !PORTS[name].public && deployment.publishers(name).includes(host),
  );
  const isMonitor = deployment.group('monitoring_hosts').includes(host);
  return names.map((name) => {
    const { port, role } = PORTS[name];
    // The Prometheus of the same host reaches this one at the gateway of its Docker network, and nobody else does.
    const withGateways = name === 'node-exporter' && isMonitor;
    return {
      id: `exposure.${name}`,
      group: 'exposure',
      severity: 'critical',
      title: `Port ${port} (${name}) is private`,
      host,
      probe: withGateways ? lines(SOCKETS, GATEWAYS) : SOCKETS,
      fix: `${rerun(deployment, role, host)}; if that changes nothing, who listens there: ${onHost(deployment, host, `ss -Hltnp sport = :${port}`)}`,
      judge: (result) =>
        result.status === 0
          ? exposureVerdict(result.output, port, [
              ...deployment.bindAddresses(name, host),
              ...gatewaysIn(result.output),
            ])
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

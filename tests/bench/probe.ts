import { quote } from '../../lib/shell.ts';
import type { Item } from './content.ts';

/**
 * The floor: the facts that the content is about, asked by hand in the cheapest way, each program started once. It
 * prints them; whoever asked compares. Nothing is told as it happens, bounded, timed or mended.
 */
export function probe(items: readonly Item[]): string {
  const of = <Kind extends Item['kind']>(kind: Kind) =>
    items.filter((item): item is Extract<Item, { kind: Kind }> => item.kind === kind);
  const limits = of('limits').flatMap(({ name }) => [
    `/etc/security/limits.d/90-${name}.conf`,
    `/etc/systemd/system.conf.d/90-${name}.conf`,
  ]);
  const settings = of('sysctl').map(({ name }) => `/etc/sysctl.d/90-bench-${name}.conf`);
  const files = [...of('file').map(({ path }) => path), ...limits, ...settings];
  const directories = [...of('directory').map(({ path }) => path), '/etc/systemd/system.conf.d'];
  const words = (values: string[]) => values.map(quote).join(' ');
  const services = words(of('service').map(({ name }) => name));
  return `exec 2>&1
stat -c '%n %F %a %U:%G' -- ${words([...files, ...directories])}
b2sum -- ${words(files)}
dpkg-query --show --showformat '\${db:Status-Status}\\n' ${words(of('packages').flatMap(({ names }) => names))}
getent passwd ${words(of('user').map(({ name }) => name))}
sysctl ${words(of('sysctl').map(({ key }) => key))}
systemctl is-enabled ${services}
systemctl is-active ${services}
`;
}

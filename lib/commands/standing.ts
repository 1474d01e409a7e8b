import type { Outcome } from '../run/deploy.ts';

/** Where each host stands after a run that was interrupted, a line for each. */
export function standing(outcomes: readonly Outcome[]): string[] {
  const lines: string[] = [];
  for (const [host, parts] of Map.groupBy(outcomes, (outcome) => outcome.host)) {
    const roles = (of: readonly Outcome[]) => of.flatMap((part) => part.roles).join(', ');
    const having = (status: Outcome['status']) => parts.filter((part) => part.status === status);
    const broken = having('interrupted').filter(({ reason }) => reason !== '');
    const begun = new Set([...having('done'), ...broken]);
    const others = parts.filter((part) => !begun.has(part));
    const told = [
      roles(having('done')) && `done: ${roles(having('done'))}`,
      ...broken.map((part) => `${roles([part])}: ${part.reason}`),
      roles(others) && `not done: ${roles(others)}`,
    ];
    lines.push(`  ${host}  ${told.filter(Boolean).join('; ')}`);
  }
  return lines;
}

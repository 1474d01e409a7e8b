import type { ReportInput } from './input.ts';
import { blocks, code, table } from './markdown.ts';

/** What is asked about Igniter, in the order in which it comes to be, by the id of its check. */
export const QUESTIONS: Record<string, string> = {
  'docker.provider-migration': 'Provider: its migration has ended with',
  'provider.ledger': 'Provider: migrations in its database, of those in its image',
  'provider.health': 'Provider: health',
  'provider.status': 'Provider: status, asked without a signature',
  'provider.identity': 'Provider: App Identity',
  'provider.bootstrap': 'Provider: wizard',
  'provider.worker': 'Provider: worker',
  'provider.schedules': 'Provider: schedules of its worker',
  'public.api': 'Provider: public API, asked without a signature',
  'public.api-identity': 'Provider: public App Identity',
  'registry.delegators': 'Provider: list of delegators',
  'docker.middleman-migration': 'Middleman: its migration has ended with',
  'middleman.ledger': 'Middleman: migrations in its database, of those in its image',
  'middleman.health': 'Middleman: health',
  'middleman.bootstrap': 'Middleman: wizard',
  'middleman.worker': 'Middleman: worker',
  'middleman.schedules': 'Middleman: schedules of its worker',
  'public.middleman': 'Middleman: public page',
  'middleman.provider-api': 'Middleman: public App Identity of the Provider',
  'registry.providers': 'Middleman: list of Providers',
};

/** The state of Igniter as validation saw it, with what passed as well; nothing where nobody asked. */
export function state({ findings = [] }: ReportInput): string {
  const rows = Object.entries(QUESTIONS).flatMap(([id, question]) =>
    findings
      .filter((one) => one.id === id)
      .map(({ host, verdict, evidence }) => [question, code(host), verdict, code(evidence)]),
  );
  if (rows.length === 0) return '';
  return blocks(
    '### The state of Igniter, as validation saw it',
    table(['What', 'Asked on', 'Verdict', 'Seen'], rows),
  );
}

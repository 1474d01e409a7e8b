/** Stand-in for the Igniter provider's workflows worker, v0.9. */
import { PROVIDER_SCHEDULES } from './schedules.ts';
import { work } from './worker-program.ts';

await work({ name: 'provider', schedules: PROVIDER_SCHEDULES, requires: [] });

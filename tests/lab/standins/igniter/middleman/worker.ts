/** Stand-in for the Igniter Middleman's workflows worker, v0.9, which signs what it asks of Providers. */
import { MIDDLEMAN_SCHEDULES } from '../schedules.ts';
import { work } from '../worker-program.ts';

await work({ name: 'middleman', schedules: MIDDLEMAN_SCHEDULES, requires: ['APP_IDENTITY'] });

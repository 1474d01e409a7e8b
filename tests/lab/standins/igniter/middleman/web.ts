/** Stand-in for the Igniter Middleman's web process, v0.9 (`node apps/middleman/server.js`). */
import { serve } from '../serve.ts';
import { ROUTES } from './routes.ts';
import { WIZARD } from './wizard.ts';

serve({ name: 'middleman', port: 3000, routes: ROUTES, wizard: WIZARD });

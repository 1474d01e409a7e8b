/** Stand-in for the Igniter provider's web process, v0.9 (`node apps/provider/server.js`). */
import { ROUTES } from './provider-routes.ts';
import { serve } from './serve.ts';
import { nextStep, SAVE } from './wizard-steps.ts';
import { STEPS } from './wizard-values.ts';

serve({
  name: 'provider',
  port: 3001,
  routes: ROUTES,
  wizard: { steps: STEPS, save: SAVE, nextStep },
});

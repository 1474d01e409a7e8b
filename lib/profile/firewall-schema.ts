import { z } from 'zod';
import { boolean } from './fields.ts';

/** The firewall of every host: the ports of the deployment are open to those that need them and to nobody else. */
export const firewall = z.strictObject({
  enabled: boolean()
    .default(true)
    .describe('Whether hosts get a firewall that follows from who has to talk to whom.'),
});

// Loaded before a script of the project: what asks DNS asks the test's own.
import dns from 'node:dns/promises';
import { syncBuiltinESMExports } from 'node:module';

dns.Resolver = class extends dns.Resolver {
  constructor(...words: ConstructorParameters<typeof dns.Resolver>) {
    super(...words);
    this.setServers([process.env.VALIDATION_DNS!]);
  }
};
syncBuiltinESMExports();

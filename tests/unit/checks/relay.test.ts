import assert from 'node:assert/strict';
import { test } from 'node:test';
import { relayChecks, relayProver } from '../../../lib/checks/relay.ts';
import { UserError } from '../../../lib/exit-codes.ts';
import { entranceOf } from '../../../lib/relay-proof/questions.ts';
import type { Check } from '../../../lib/validation/check.ts';
import { validate } from '../../../lib/validation/validate.ts';
import { type Changes, labContext } from './deployment.ts';
import { localShell } from './local.ts';

const probeOf = (checks: readonly Check[]) => {
  const probes = new Set(checks.map(({ probe }) => probe.text));
  assert.equal(probes.size, 1, 'all of them are one probe');
  return [...probes][0]!;
};
const refused = (message: RegExp) => (error: unknown) =>
  error instanceof UserError && error.exitCode === 2 && message.test(error.message);

const BACKENDS: Changes['backends'] = {
  jsonrpc: { url: 'http://127.0.0.1:1' },
  rest: { url: 'http://127.0.0.1:1' },
  grpc: { url: '127.0.0.1:1' },
};

test('one relay of each service and transport, through the public name, and gRPC at the relayer itself', () => {
  const checks = relayChecks(labContext({ backends: BACKENDS }));
  assert.deepEqual(
    checks.map(({ id }) => id),
    [
      ...['relay.anvil.jsonrpc', 'relay.anvil.rest', 'relay.anvil.grpc'],
      ...['relay.published', 'relay.marks', 'relay.keys'],
    ],
  );
  const probe = probeOf(checks);
  assert.match(probe, /^relay 0 jsonrpc anvil https:\/\/relay\.lab\.internal$/m);
  assert.match(probe, /^relay 2 grpc anvil http:\/\/127\.0\.0\.1:8080$/m);
  assert.doesNotMatch(probe, /^relay 1 /m);
  assert.match(probe, /--add-host relay\.lab\.internal:127\.0\.0\.1/);
  assert.match(probe, /--sim-key-id pocket-automations/);
});

test('keys are variables of the shell, which no probe, no argument and no environment has', () => {
  const context = labContext();
  const [check, ...others] = relayChecks(context);
  for (const one of [check!, ...others])
    assert.deepEqual(one.secrets, [
      ...['simulation_application_key', 'simulation_gateway_key', 'redis_password'],
    ]);
  for (const { name, value } of context.secrets.named())
    assert.ok(!check!.probe.text.includes(value), name);
});

test('a public name is looked up as the public does, and nothing is trusted that the image does not', () => {
  const context = labContext({
    profile:
      'relay_public_domain: relay.nodes.net\nreverse_proxy: {tls: acme, acme_email: me@nodes.net}',
  });
  const probe = probeOf(relayChecks(context));
  assert.match(probe, /^relay 0 jsonrpc anvil https:\/\/relay\.nodes\.net$/m);
  assert.doesNotMatch(probe, /--add-host|SSL_CERT_FILE|openssl/);
});

test('a name of the proxy’s own authority is taken to be at the proxy, on another host by its private address', () => {
  const { deployment, host } = labContext();
  assert.equal(entranceOf(deployment, host).address, '127.0.0.1');
  const proxy = { ...host, name: 'front', privateAddress: '10.0.0.5' };
  const others = { ...deployment, group: () => [proxy] };
  const { address, words } = entranceOf(others, host);
  assert.equal(address, '10.0.0.5');
  assert.match(words, /taken to be at 10\.0\.0\.5/);
});

test('without a public name the relayer itself is asked, and the evidence says so', () => {
  const { deployment, host } = labContext();
  const { relay_public_domain: _, ...profile } = deployment.profile;
  const { url, words } = entranceOf({ ...deployment, profile }, host);
  assert.equal(url, 'http://127.0.0.1:8080');
  assert.match(words, /since the profile has no relay_public_domain/);
});

test('--relay is refused with what to do where nobody can be asked', async () => {
  const { deployment } = labContext();
  const { relayminer } = deployment.profile;
  const off = { ...relayminer!, simulation: { ...relayminer!.simulation, enabled: false } };
  assert.throws(
    () =>
      relayProver(
        { ...deployment, profile: { ...deployment.profile, relayminer: off } },
        deployment.hosts,
      ),
    refused(/relayminer\.simulation\.enabled: true in the profile, then scripts\/relayminer\.mjs/),
  );
  assert.throws(
    () => relayProver({ ...deployment, group: () => [] }, []),
    refused(/has no relayer/),
  );
  assert.throws(() => relayProver(deployment, []), refused(/no host of --limit has a relayer/));
  const context = labContext();
  const secrets = { ...context.secrets, find: () => undefined };
  assert.throws(
    () => relayChecks({ ...context, secrets }),
    refused(/no simulation_application_key and no simulation_gateway_key yet: .*relayminer\.mjs/),
  );
  assert.throws(
    () => relayChecks({ ...context, secrets: { ...context.secrets, supplierKeys: [] } }),
    refused(/relayminer\.keys_file in the profile has no keys yet/),
  );
});

test('only who asks for relays gets them, and a probe that cannot run fails each of them', async () => {
  const open = async () => localShell();
  await assert.rejects(validate({ ...labContext(), only: ['relay'], open }), UserError);
  const { findings } = await validate({ ...labContext(), relay: true, only: ['relay'], open });
  const verdicts = Object.fromEntries(findings.map(({ id, verdict }) => [id, verdict]));
  assert.equal(verdicts['relay.anvil.jsonrpc'], 'fail');
  assert.equal(verdicts['relay.published'], 'fail');
  assert.equal(verdicts['relay.marks'], 'fail');
});

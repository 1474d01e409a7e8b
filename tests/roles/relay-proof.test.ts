import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { parse } from 'yaml';
import { EXIT } from '../../lib/exit-codes.ts';
import type { Finding } from '../../lib/validation/check.ts';
import { lab } from '../fleet/lab-fixture.ts';
import { sample } from '../fleet/sampler.ts';

const ROLES = 'images,redis,relayminer,reverse-proxy';

test('a relay is proved through the public URL, without a stake, without a charge, and without a trace', {
  timeout: 900_000,
}, async (t) => {
  // Not root: sudo writes down what it is asked to run.
  const one = await lab(t, { user: 'operator' });
  const { host, home } = one;
  // The stand-in chain serves for the transports that the stand-in backend does not speak.
  const backends = {
    rest: { url: `http://${host.address}:8545` },
    grpc: { url: `${host.address}:19090` },
    cometbft: { url: `http://${host.address}:26657` },
  };
  const services = { anvil: { backends } };
  one.change({ relayminer: { services } });
  const deploy = async (roles: string) => {
    const { status, stdout, stderr } = await one.script('deploy', '--json', '--only', roles);
    assert.equal(status, 0, stdout + stderr);
  };
  await deploy('common,install-docker');
  await one.standIns();
  await deploy(ROLES);
  const ready = '[[ $(curl -s -o /dev/null -w "%{http_code}" 127.0.0.1:8081/ready) == 200 ]]';
  await host.exec(`until ${ready}; do sleep 0.5; done`);
  const store = parse(readFileSync(join(home, 'deployments', one.name, 'secrets.yaml'), 'utf8'));
  const keys: string[] = [store.simulation_application_key, store.simulation_gateway_key];
  const printed: string[] = [];
  const prove = async (...words: string[]) => {
    const run = await one.script('validate', '--relay', '--only', 'relay', '--json', ...words);
    printed.push(run.stdout, run.stderr);
    const findings = run.events.filter(({ type }) => type === 'finding') as unknown as Finding[];
    return {
      status: run.status,
      told: run.stdout + run.stderr,
      found: Object.fromEntries(findings.map((finding) => [finding.id, finding])),
    };
  };
  const verdicts = (found: Record<string, Finding>) =>
    Object.fromEntries(Object.values(found).map(({ id, verdict }) => [id, verdict]));
  const PROVED = {
    'relay.anvil.jsonrpc': 'pass',
    'relay.anvil.websocket': 'pass',
    'relay.anvil.rest': 'skip',
    'relay.anvil.grpc': 'pass',
    'relay.anvil.cometbft': 'pass',
    'relay.published': 'pass',
    'relay.marks': 'pass',
    'relay.keys': 'pass',
  };
  const left = () =>
    host.exec(
      'docker ps --all --quiet --filter name=pocket-relay-proof; ls -d /run/pocket-checks.* 2>/dev/null || :',
    );

  await t.test(
    'over every transport that the client speaks, while no process shows a key',
    async () => {
      const onHost = sample(keys, ['cmdline', 'environ'], host.container);
      const { status, told, found } = await prove();
      const { rounds, seen } = await onHost.stop();
      assert.deepEqual(verdicts(found), PROVED, told);
      assert.equal(status, 0);
      assert.match(
        found['relay.anvil.grpc']!.evidence,
        /^http:\/\/127\.0\.0\.1:8080: \d+ ms, signed/,
      );
      assert.match(
        found['relay.anvil.jsonrpc']!.evidence,
        /^https:\/\/relay\.lab\.internal, taken to be at 127\.0\.0\.1/,
      );
      assert.ok(rounds > 20, `${rounds}`);
      assert.deepEqual(seen, []);
      assert.equal((await left()).stdout, '');
    },
  );

  await t.test('and fails where the node behind it is gone, with what to do', async () => {
    await host.exec('docker stop -t 1 pocket-lab-backend');
    const { status, told, found } = await prove();
    await host.exec('docker start pocket-lab-backend');
    assert.equal(status, EXIT.failed, told);
    for (const transport of ['jsonrpc', 'websocket'])
      assert.equal(found[`relay.anvil.${transport}`]!.verdict, 'fail', told);
    const { evidence, fix } = found['relay.anvil.jsonrpc']!;
    assert.match(evidence, /HTTP 50\d/);
    assert.match(
      fix,
      /^relayminer\.services\.anvil\.backends\.jsonrpc in the profile, or that node$/,
    );
    const mended = await prove();
    assert.deepEqual(verdicts(mended.found), PROVED, mended.told);
  });

  await t.test('and is told apart from a relay that was published', async () => {
    const supplier = parse(
      readFileSync(join(home, 'deployments', one.name, 'supplier-keys.yaml'), 'utf8'),
    );
    assert.equal(supplier.keys.length, 1);
    await host.exec(`id=$(docker ps -qf name=pocket-redis-redis)
      password=$(sed -n 's/^requirepass "\\(.*\\)"$/\\1/p' /opt/pocket/redis/config/password.conf)
      docker exec -e REDISCLI_AUTH="$password" "$id" redis-cli SET ha:miner:sessions:x:simv1:1:ab 1`);
    const { found, told } = await prove();
    assert.equal(found['relay.published']!.verdict, 'fail', told);
    assert.match(
      found['relay.published']!.evidence,
      /1 keys in Redis are of sessions of simulated relays/,
    );
  });

  await t.test('and leaves no key in a file, a journal or a log of the host', async () => {
    const { stdout } = await host.exec(`
      install -m 600 /dev/stdin /run/what-is-searched <<'KEYS'
${keys.join('\n')}
KEYS
      find / /run /dev/shm /tmp -xdev -path /var/lib/docker -prune -o -type f ! -path /run/what-is-searched -print0 |
        xargs -0 grep -lsaF -f /run/what-is-searched || :
      find /var/lib/docker/containers -type f -print0 | xargs -0 grep -lsaF -f /run/what-is-searched || :
      journalctl --sync; journalctl --no-pager --all --output export | grep -caF -f /run/what-is-searched || :
      rm /run/what-is-searched`);
    assert.equal(stdout.trim(), '0');
    for (const text of printed) assert.ok(keys.every((key) => !text.includes(key)));
  });

  await t.test('and says which line of the profile turns it on where it is off', async () => {
    one.change({ relayminer: { services, simulation: { enabled: false } } });
    const { status, told } = await prove();
    assert.equal(status, EXIT.usage, told);
    assert.match(
      told,
      /relayminer\.simulation\.enabled: true in the profile, then scripts\/relayminer\.mjs/,
    );
  });
});

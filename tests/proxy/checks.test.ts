import assert from 'node:assert/strict';
import type { ServerResponse } from 'node:http';
import { after, before, describe, test } from 'node:test';
import { publicChecks } from '../../lib/checks/public.ts';
import { Shell } from '../../lib/shell.ts';
import type { Check } from '../../lib/validation/check.ts';
import { ask } from '../unit/checks/ask.ts';
import { answered } from '../unit/checks/moved.ts';
import { type RunningProxy, skip, startProxy } from './caddy.ts';
import { endAll } from './ending.ts';
import { network } from './network.ts';
import { type Answer, startRelayers, startUpstream, type Upstream } from './upstream.ts';

const json =
  (status: number, body: object): Answer =>
  (_, response) => {
    response.statusCode = status;
    response.setHeader('content-type', 'application/json');
    (response as ServerResponse).end(JSON.stringify(body));
  };

describe('what is asked of the public side', { skip, timeout: 240_000 }, () => {
  const net = network();
  let proxy: RunningProxy;
  let relayers: Upstream[];
  let provider: Upstream;
  let middleman: Upstream;
  let grafana: Upstream;
  before(async () => {
    relayers = await startRelayers(net);
    provider = await startUpstream(net(21), 3001);
    middleman = await startUpstream(net(22), 3000);
    grafana = await startUpstream(net(23), 3002);
    proxy = await startProxy(net, {
      provider_domain: 'portal.nodes.net',
      reverse_proxy: { tls: 'internal', provider_admin: { allow_from: ['192.0.2.0/24'] } },
    });
    for (const relayer of relayers) relayer.answer = json(400, { error: 'no relay' });
    provider.answer = (arrived, response) =>
      arrived.url === '/api/identity'
        ? json(200, { identity: expected() })(arrived, response)
        : json(403, { error: 'not ready' })(arrived, response);
    grafana.answer = json(401, { message: 'Unauthorized' });
  });
  after(endAll);

  /** The key that the deployment's own checks want to see. */
  const expected = () =>
    /wanted: (\w+)/.exec(
      checks()
        .find(({ id }) => id === 'public.api-identity')!
        .judge({ ran: true, status: 0, output: '{}\n200 ', errors: '', milliseconds: 1 }).evidence,
    )![1];

  /** The checks as the proxy's host would ask them, at the ports of the test. */
  const checks = (): Check[] => {
    const { deployment, secrets } = proxy;
    const host = deployment.host('edge');
    return publicChecks({ deployment, host, secrets }).map((check) => ({
      ...check,
      probe: new Shell(
        check.probe.text
          .replaceAll(/"https:\/\/([a-z.]+)\//g, `"https://$1:${proxy.https}/`)
          .replaceAll(/"http:\/\/([a-z.]+)\//g, `"http://$1:${proxy.http}/`)
          .replaceAll(':443:127', `:${proxy.https}:127`)
          .replaceAll(':80:127', `:${proxy.http}:127`),
      ),
    }));
  };
  const judged = async () => {
    // Those of the relayers are asked from within the container.
    const findings = await ask(checks().filter(({ id }) => !id.startsWith('public.relayer-')));
    return Object.values(findings)
      .filter(({ verdict }) => verdict !== 'pass')
      .map(({ id, evidence }) => `${id}: ${evidence}`);
  };

  test('every site has checks, and all pass where all is well', async () => {
    assert.deepEqual(await judged(), []);
    const ids = checks().map(({ id }) => id);
    assert.equal(ids.length, new Set(ids).size);
    for (const id of ['relay', 'api', 'portal', 'middleman', 'grafana', 'relayer-relayer1'])
      assert.ok(ids.includes(`public.${id}`), id);
    for (const path of ['suppliers', 'suppliers-unstaking', 'import-suppliers-status'])
      assert.ok(ids.includes(`public.api-allows-${path}`), path);
    for (const name of ['relays', 'provider-api', 'provider-portal', 'middleman', 'grafana'])
      assert.ok(ids.includes(`public.redirect-${name}`), name);
  });

  test('peer defect D26 cannot hide: what the proxy cannot reach has failed, service by service', async () => {
    await Promise.all([provider, middleman, grafana].map((one) => one.close()));
    const ids = (await judged()).map((line) => line.split(':')[0]);
    assert.deepEqual(ids, [
      'public.api',
      'public.api-identity',
      ...['', '-stake', '-unstaking', '-release', '-address-groups'].map(
        (more) => `public.api-allows-suppliers${more}`,
      ),
      ...['request', 'submit', 'status'].map((one) => `public.api-allows-import-suppliers-${one}`),
      'public.middleman',
      'public.grafana',
    ]);
  });

  test('a relayer that is out of service is told of, with what puts it back', () => {
    const check = checks().find(({ id }) => id === 'public.relayer-relayer1')!;
    const { verdict, evidence, fix } = check.judge(answered('out of service\n'));
    assert.equal(verdict, 'fail');
    assert.match(evidence, /^out of service: \/.*\/out-of-service\/\S+:8080 is there$/);
    assert.match(fix ?? '', /^scripts\/reverse-proxy\.mjs .*--limit edge$/);
  });

  test('a portal that lets everybody in, and a Grafana that asks nobody, have failed', async () => {
    await startUpstream(net(21), 3001);
    await startUpstream(net(23), 3002);
    proxy.reload({
      provider_domain: 'portal.nodes.net',
      reverse_proxy: { tls: 'internal', provider_admin: { allow_from: ['127.0.0.0/8'] } },
    });
    const ids = (await judged()).map((line) => line.split(':')[0]);
    assert.ok(ids.includes('public.portal') && ids.includes('public.grafana'), ids.join());
  });

  test('a route that an older Provider does not have is told apart from one that the proxy keeps back', () => {
    const verdict = (id: string, output: string) =>
      checks()
        .find((one) => one.id === `public.api-allows-${id}`)!
        .judge(answered(output)).verdict;
    assert.equal(
      verdict('import-suppliers-status', '<html>not found</html>\n404 text/html'),
      'skip',
    );
    assert.equal(verdict('import-suppliers-status', '\n404 '), 'fail');
    assert.equal(verdict('suppliers-stake', '<html>not found</html>\n404 text/html'), 'fail');
    assert.equal(verdict('suppliers-stake', '{"error":"x"}\n400 application/json'), 'pass');
    assert.equal(verdict('suppliers-stake', '{"data":"OK"}\n200 application/json'), 'fail');
  });

  test('a lax proxy in front of the Provider has failed, however the Provider answers', () => {
    const refuses = checks().filter(({ id }) => id.startsWith('public.api-refuses-'));
    assert.ok(refuses.length >= 10);
    for (const output of [
      '{}\n200 application/json',
      '{"error":"Forbidden"}\n403 application/json',
      '<html>not found</html>\n404 text/html',
      '\n308 ',
      '\n502 ',
    ]) {
      for (const check of refuses) {
        const answer = { ran: true, status: 0, output, errors: '', milliseconds: 1 };
        assert.equal(check.judge(answer).verdict, 'fail', `${check.id}: ${output}`);
      }
    }
  });
});

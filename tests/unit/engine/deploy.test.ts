import assert from 'node:assert/strict';
import { appendFileSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { describe, type TestContext, test } from 'node:test';
import type { Deployment, Host } from '../../../lib/deployment.ts';
import { DEFAULT_ORDER, type RoleName } from '../../../lib/profile/roles.ts';
import type { Role, Rolling } from '../../../lib/role.ts';
import { deploy, type Outcome, partsOf, type TransferProgress } from '../../../lib/run/deploy.ts';
import { scriptOf } from '../../../lib/run/part-script.ts';
import type { Secrets } from '../../../lib/secrets/secrets.ts';
import { Shell } from '../../../lib/shell.ts';
import { stepOf, temporary } from './run.ts';

const skip = process.getuid?.() === 0 ? false : 'to work on this machine as on a host needs root';

const HOST: RoleName[] = ['common', 'install-docker', 'images'];
const ALL: RoleName[] = [
  ...HOST,
  ...(['pocketd', 'redis', 'postgres', 'temporal', 'provider'] as const),
  ...(['relayminer', 'exporters', 'reverse-proxy', 'monitoring'] as const),
];

const SECRETS = { named: () => [], mask: (text: string) => text } as Partial<Secrets> as Secrets;
const nothing = () => {};

/** A deploy that nobody watches, and that nobody and nothing is in the way of. */
const NOBODY = {
  ...{ secrets: SECRETS, sshConfig: '', dryRun: false, signal: new AbortController().signal },
  ...{ lock: async () => {}, preflight: async () => [] },
  listener: {
    ...{ connected: nothing, begun: nothing, step: nothing, note: nothing, transfer: nothing },
    problem: nothing,
  },
};

/** What a role's step does on some host instead of coming through, by `role on host`. */
type Failures = Record<string, string>;

/**
 * Deploys roles of one step each to hosts that are all this machine.
 * @param options.interrupted with the first step that fails
 */
async function play(
  t: TestContext,
  roles: Record<string, RoleName[]>,
  failures: Failures,
  { interrupted = false } = {},
) {
  const controller = new AbortController();
  const directory = temporary(t);
  const log = join(directory, 'log');
  appendFileSync(log, '');
  const hosts = Object.entries(roles).map(
    ([name, ofHost]) => ({ name, local: true, roles: ofHost }) as Host,
  );
  const stages = DEFAULT_ORDER.map((stage) => [stage].flat());
  const deployment = { name: 'test', hosts, stages } as Partial<Deployment> as Deployment;
  const all = ALL.map(
    (name): Role => ({
      ...{ name, summary: '' },
      ...(name === 'relayminer' && { rolling: NEVER_ASKED }),
      steps: ({ host }) => [
        stepOf(
          `grep -qx '${name} on ${host.name}' ${log}`,
          failures[`${name} on ${host.name}`] ?? `echo '${name} on ${host.name}' >>${log}`,
        ),
      ],
    }),
  );
  const parts = partsOf(deployment, all, hosts);
  const told: Outcome[] = [];
  const outcomes = await deploy({
    ...{ ...NOBODY, deployment, parts, signal: controller.signal },
    scripts: new Map(parts.map((part) => [part, scriptOf(part, deployment, SECRETS)])),
    listener: {
      ...NOBODY.listener,
      step: (_, { type }) => {
        if (interrupted && type === 'failed') controller.abort();
      },
      problem: (outcome) => told.push(outcome),
    },
  });
  const ended = (status: Outcome['status']) =>
    outcomes
      .filter((outcome) => outcome.status === status)
      .flatMap((outcome) => outcome.roles.map((name) => `${name} on ${outcome.host}`));
  const reasons = told.map(({ host, roles, reason }) => `${roles} on ${host}: ${reason}`);
  const applied = readFileSync(log, 'utf8').split('\n').filter(Boolean);
  assert.deepEqual(ended('done').toSorted(), applied.toSorted(), 'what is called done was done');
  return { ended, applied, reasons };
}

test('what has to be carried to a host is seen in a dry run, and carried after it', {
  skip,
}, async (t) => {
  const there = join(temporary(t), 'there');
  const host = { name: 'one', local: true, roles: ['images'] } as unknown as Host;
  const images: Role = {
    ...{ name: 'images', summary: '', steps: () => [stepOf('true', 'exit 1')] },
    transfer: async () => ({
      title: 'Load images',
      missing: new Shell(`[[ -e ${there} ]] || echo a:1`),
      command: new Shell(`cat >${there}`),
      open: async () => ({ stream: Readable.from([Buffer.from('tar')]), bytes: 3 }),
    }),
  };
  const part = { host, roles: [images] };
  const told: TransferProgress[] = [];
  for (const dryRun of [true, false, false]) {
    const [{ status } = {}] = await deploy({
      ...{ ...NOBODY, deployment: { name: 'test', hosts: [host] } as Deployment, dryRun },
      ...{ parts: [part], scripts: new Map([[part, scriptOf(part, {} as Deployment, SECRETS)]]) },
      listener: { ...NOBODY.listener, transfer: (_, progress) => told.push(progress) },
    });
    assert.equal(status, 'done');
  }
  const carried = { title: 'Load images', items: ['a:1'], bytes: 3 };
  assert.deepEqual(told, [
    { ...carried, sent: 0, pending: true },
    { ...carried, sent: 0 },
    { ...carried, sent: 3 },
  ]);
});

/** Where nothing of a role's hosts serves yet, it is changed at once. */
const NEVER_ASKED = { serves: stepOf('', 'exit 1').apply } as Partial<Rolling> as Rolling;

describe('a role that fails', { skip }, () => {
  test('stops the roles that need it, and no other one of its host', async (t) => {
    const { ended, reasons } = await play(t, { one: ALL }, { 'temporal on one': 'exit 7' });
    assert.deepEqual(ended('failed'), ['temporal on one']);
    assert.deepEqual(ended('skipped'), ['provider on one', 'reverse-proxy on one']);
    assert.deepEqual(reasons, [
      'temporal on one: one: temporal: a step: exit status 7',
      'provider on one: needs temporal on one, which is not done',
      'reverse-proxy on one: needs provider on one, which is not done',
    ]);
  });

  test('stops no other one of its stage, before it or after it', async (t) => {
    const failures = { 'redis on one': 'exit 1', 'exporters on one': 'exit 2' };
    const { ended } = await play(t, { one: ALL }, failures);
    assert.deepEqual(ended('failed'), ['redis on one', 'exporters on one']);
    assert.deepEqual(ended('skipped'), ['relayminer on one', 'reverse-proxy on one']);
  });

  test('stops the roles that need it on other hosts', async (t) => {
    const hosts = {
      one: [...HOST, 'redis'] as RoleName[],
      two: [...HOST, 'provider', 'relayminer', 'monitoring'] as RoleName[],
      three: [...HOST, 'relayminer'] as RoleName[],
    };
    const { ended, reasons } = await play(t, hosts, { 'redis on one': 'exit 1' });
    assert.deepEqual(ended('skipped'), ['relayminer on two', 'relayminer on three']);
    assert.ok(reasons.includes('relayminer on two: needs redis on one, which is not done'));
  });

  test('stops every other one of its host, where it is the host that cannot be prepared', async (t) => {
    const hosts = { one: ALL, two: ALL };
    const { ended, reasons } = await play(t, hosts, { 'images on two': 'exit 1' });
    const later = ALL.slice(ALL.indexOf('redis'));
    assert.deepEqual(
      ended('skipped').filter((one) => one.endsWith('two')),
      later.map((name) => `${name} on two`),
    );
    assert.ok(reasons.includes('redis,postgres on two: needs images on two, which is not done'));
    assert.ok(ended('done').includes('redis on one'));
  });

  test('is told of also where the host is lost with the next one', async (t) => {
    const failures = { 'redis on one': 'exit 7', 'postgres on one': 'kill -KILL -- -$$' };
    const { ended, reasons } = await play(t, { one: ALL }, failures);
    assert.deepEqual(ended('unreachable'), ['redis on one', 'postgres on one']);
    assert.equal(reasons.length, 1);
    assert.match(reasons[0]!, /redis: a step: exit status 7\none: the connection was lost/);
    assert.ok(ended('skipped').includes('monitoring on one'));
  });

  test('is told of also where the deploy is interrupted just then', async (t) => {
    const options = { interrupted: true };
    const { ended, reasons } = await play(t, { one: ALL }, { 'redis on one': 'exit 7' }, options);
    assert.deepEqual(
      ended('interrupted'),
      ALL.slice(ALL.indexOf('redis')).map((name) => `${name} on one`),
    );
    assert.equal(reasons.length, 1);
    assert.match(reasons[0]!, /redis: a step: exit status 7\nended after step 0 of 1$/);
  });
});

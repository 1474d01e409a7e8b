import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { parseRedisUrl, withCredentials } from '../../lib/redis-url.ts';

const server = (host: string, port: number) => ({ host, port });

describe('peer defect D9 cannot happen here: a URL of Redis is read as it is meant', () => {
  const cases: [url: string, expected: ReturnType<typeof parseRedisUrl>][] = [
    ['redis://r.lan', { tls: false, servers: [server('r.lan', 6379)] }],
    ['redis://10.0.0.4:6380/3', { tls: false, servers: [server('10.0.0.4', 6380)] }],
    ['redis://[fd00::4]:6380', { tls: false, servers: [server('fd00::4', 6380)] }],
    ['redis://[fd00::4]', { tls: false, servers: [server('fd00::4', 6379)] }],
    ['rediss://r.cloud.net:6380/0', { tls: true, servers: [server('r.cloud.net', 6380)] }],
    [
      'redis-sentinel://10.0.0.1:26379,[fd00::2]:26380,c.lan:26379/pocket?db=1',
      {
        tls: false,
        servers: [server('10.0.0.1', 26379), server('fd00::2', 26380), server('c.lan', 26379)],
        primaryName: 'pocket',
      },
    ],
  ];
  for (const [url, expected] of cases) {
    test(url, () => assert.deepEqual(parseRedisUrl(url), expected));
  }

  for (const url of ['http://r.lan', 'redis://', 'redis://me:secret@r.lan', 'unix:///run/redis']) {
    test(`${url} is none`, () => assert.throws(() => parseRedisUrl(url), TypeError));
  }
});

test('credentials in a URL are percent-encoded, and there are none without a password', () => {
  const password = `p@ss/w#rd $&'%`;
  for (const url of ['redis://r.lan:6379/0', 'rediss://r.lan', 'redis://[fd00::4]:1']) {
    const whole = new URL(withCredentials(url, 'me@home', password));
    assert.equal(decodeURIComponent(whole.password), password);
    assert.equal(decodeURIComponent(whole.username), 'me@home');
    assert.equal(whole.host, new URL(url).host);
    assert.equal(withCredentials(url, '', undefined), url);
  }
  assert.equal(
    withCredentials('redis-sentinel://a:1,b:2/pocket', '', 'x/y'),
    'redis-sentinel://:x%2Fy@a:1,b:2/pocket',
  );
});

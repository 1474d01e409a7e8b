import assert from 'node:assert/strict';
import { test } from 'node:test';
import { answer, methods } from '../../lab/standins/backend/json-rpc.ts';
import { parseDuration } from '../../lab/standins/relayminer/config/duration.ts';
import { frame, unframe } from '../../lab/standins/shared/grpc.ts';
import {
  integer,
  MalformedMessage,
  Message,
  message,
  nested,
  text,
} from '../../lab/standins/shared/protobuf.ts';
import { account, isCompressedPublicKey } from '../../lab/standins/shared/secp256k1.ts';

test('protobuf: values survive, empty values are left out, the last of several wins', () => {
  const encoded = message(
    text(1, 'pökt'),
    integer(2, -7),
    integer(3, 0),
    nested(4, message()),
    text(1, 'last'),
  );
  const decoded = new Message(encoded);
  assert.deepEqual([decoded.text(1), decoded.integer(2), decoded.integer(3)], ['last', -7n, 0n]);
  assert.notEqual(decoded.nested(4), undefined);
  assert.equal(decoded.nested(5), undefined);
  assert.equal(message(text(1, ''), integer(2, 0)).length, 0);
});

test('protobuf: what is not a message is refused', () => {
  const broken = ['7b', '0a05', '00', '08', '08ffffffffffffffffffffff', '0c', '0dffff'];
  for (const hex of [...broken, Buffer.from('{"jsonrpc":"2.0"}').toString('hex')])
    assert.throws(() => new Message(Buffer.from(hex, 'hex')), MalformedMessage, hex);
  assert.throws(() => new Message(Buffer.from('0801', 'hex')).text(1), MalformedMessage);
  assert.throws(() => new Message(Buffer.from('0a02c328', 'hex')).text(1), MalformedMessage);
});

test('gRPC frames: several messages, and what is truncated or compressed is refused', () => {
  const body = Buffer.concat([frame(Buffer.from('a')), frame(Buffer.alloc(0))]);
  assert.deepEqual(unframe(body).map(String), ['a', '']);
  for (const hex of ['00', '0000000002ff', '0100000001ff'])
    assert.throws(() => unframe(Buffer.from(hex, 'hex')), { name: 'GrpcError' });
});

test('an address is bech32 of the RIPEMD-160 of the SHA-256 of the compressed key', () => {
  // The payload of the key 0x11…11 is BIP 143's well-known bc1ql3e9pgs3mmwuwrh95fecme0s0qtn2880…
  assert.match(
    account('11'.repeat(32)).address,
    /^pokt1l3e9pgs3mmwuwrh95fecme0s0qtn2880[a-z0-9]{6}$/,
  );
  assert.equal(account('11'.repeat(32)).address.length, 43);
  assert.throws(() => account('ff'.repeat(32)), /group order/);
  assert.equal(isCompressedPublicKey(account('22'.repeat(32)).publicKey.toString('hex')), true);
});

test('Go durations', () => {
  const cases: [string, number | undefined][] = [
    ['2h', 7_200_000],
    ['1h30m', 5_400_000],
    ['1.5s', 1500],
    ['0', 0],
    ['-5m', -300_000],
    ['2', undefined],
    ['2 h', undefined],
    ['', undefined],
  ];
  for (const [source, expected] of cases) assert.equal(parseDuration(source), expected, source);
});

test('the backend answers JSON-RPC 2.0, batches and errors included', () => {
  const table = methods(31337);
  const ask = (body: unknown) => answer(table, JSON.stringify(body)) as Record<string, unknown>;
  assert.deepEqual(ask({ jsonrpc: '2.0', id: 1, method: 'eth_chainId' }), {
    jsonrpc: '2.0',
    id: 1,
    result: '0x7a69',
  });
  const code = (body: unknown) => (ask(body).error as { code: number }).code;
  assert.equal(code({ jsonrpc: '2.0', id: 1, method: 'constructor' }), -32601);
  assert.equal(code({ id: 1, method: 'eth_chainId' }), -32600);
  assert.equal(code([]), -32600);
  assert.equal((answer(table, '{') as { error: { code: number } }).error.code, -32700);
  const batch = [
    { jsonrpc: '2.0', id: 1, method: 'net_version' },
    { jsonrpc: '2.0', method: 'net_version' },
    5,
  ];
  assert.equal((ask(batch) as unknown as unknown[]).length, 2);
  assert.equal(answer(table, JSON.stringify({ jsonrpc: '2.0', method: 'net_version' })), undefined);
});

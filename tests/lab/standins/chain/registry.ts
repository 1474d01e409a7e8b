/** Igniter's governance registry and indexer, as far as a stand-in chain can answer for them. */
import http from 'node:http';
import { sendJson } from '../shared/http.ts';
import type { Blocks } from './blocks.ts';
import { answerIndexer } from './indexer.ts';
import type { Settings } from './settings.ts';

/**
 * Entries have the registry's shape (igniter-governance, schemas, bf6be98e: no url for a middleman); the keys are valid
 * points, and nobody's.
 */
const middlemen = [
  {
    name: 'Stand-in Middleman',
    identity: '0279be667ef9dcbbac55a06295ce870b07029bfcdb2dce28d959f2815b16f81798',
    identityHistory: ['0279be667ef9dcbbac55a06295ce870b07029bfcdb2dce28d959f2815b16f81798'],
  },
];
const providers = [
  {
    name: 'Stand-in Provider',
    identity: '02c6047f9441ed7d6d3045406e95c07cd85c778e4b8cef3ca7abac09b95c709ee5',
    identityHistory: ['02c6047f9441ed7d6d3045406e95c07cd85c778e4b8cef3ca7abac09b95c709ee5'],
    url: 'https://provider.standin.invalid',
  },
];

/** Serves `/governance/<chain id>/{middleman,provider}.json` and answers a POST to `/` as the indexer. */
export function registryServer(settings: Settings, blocks: Blocks): http.Server {
  const governance = `/governance/${settings.chainId}`;
  return http.createServer(async (request, response) => {
    const path = new URL(request.url ?? '/', 'http://chain').pathname;
    if (request.method === 'POST' && path === '/')
      return answerIndexer(request, response, settings, blocks);
    if (path === `${governance}/middleman.json`)
      return sendJson(response, 200, settings.emptyRegistry ? [] : middlemen);
    if (path === `${governance}/provider.json`)
      return sendJson(response, 200, settings.emptyRegistry ? [] : providers);
    return sendJson(response, 404, { error: 'not found' });
  });
}

import { join } from 'node:path';

/** An image of the lab and what it is built from. */
export type LabImage = {
  /** `debian/…` is the real software from Debian's packages, `standin/…` only honours the contract of the real one. */
  reference: string;
  /** Directory that the Dockerfile's COPY instructions read from; `node_modules` there means the project's. */
  context: string;
  /** Path of the Dockerfile below the context. */
  dockerfile: string;
  /** What the Dockerfile's ARG instructions get. */
  arguments?: Record<string, string>;
  /** Whether the lab's bundle has it; the others serve tests of what must be refused. */
  bundled: boolean;
};

const STANDINS = join(import.meta.dirname, '../standins');

/** Every image that the lab and its tests can build without a registry, what takes longest first. */
export const LAB_IMAGES: readonly LabImage[] = [
  debian('postgres:17'),
  prometheus('prometheus:2.53.3'),
  prometheus('alertmanager:0.28.1'),
  prometheus('node-exporter:1.9.0'),
  prometheus('redis-exporter:1.69.0'),
  prometheus('postgres-exporter:0.17.1'),
  prometheus('blackbox-exporter:0.26.0'),
  debian('redis:8.6', { SUITE: 'experimental' }),
  { ...debian('redis:8.0', { SUITE: 'trixie' }), bundled: false },
  debian('caddy:2.11.4'),
  { ...debian('caddy-dns:2.11.4'), bundled: false },
  { ...debian('bind:9'), bundled: false },
  igniter('provider', 'provider-web'),
  igniter('provider-workflows'),
  igniter('middleman', 'middleman-web'),
  igniter('middleman-workflows'),
  standin('temporal-auto-setup:1.28.1.0', 'temporal/Dockerfile', { IMAGE: 'auto-setup' }),
  standin('temporal-admin-tools:1.28.1', 'temporal/Dockerfile', { IMAGE: 'admin-tools' }),
  standin('pocket-relay-miner:v0.1.6', 'relayminer/Dockerfile', { RELAYMINER_LINE: 'released' }),
  standin('pocket-relay-miner:ad37bcb', 'relayminer/Dockerfile', { RELAYMINER_LINE: 'snapshot' }),
  standin('grafana:12.1.1', 'grafana/Dockerfile'),
  standin('pocket-chain:1', 'chain/Dockerfile'),
  standin('json-rpc-backend:1', 'backend/Dockerfile'),
];

function debian(image: string, args?: Record<string, string>): LabImage {
  const context = join(import.meta.dirname, image.split(':')[0]!);
  const built = { reference: `debian/${image}`, context, dockerfile: 'Dockerfile', bundled: true };
  return args ? { ...built, arguments: args } : built;
}

/** Prometheus and what belongs to it are built from one Dockerfile, so that their packages are fetched once. */
function prometheus(image: string): LabImage {
  const context = join(import.meta.dirname, 'prometheus');
  const built = { reference: `debian/${image}`, context, dockerfile: 'Dockerfile', bundled: true };
  return { ...built, arguments: { IMAGE: image.split(':')[0]! } };
}

function igniter(image: string, process: string = image): LabImage {
  return standin(`igniter-${image}:0.9.0`, 'igniter/Dockerfile', { PROCESS: process });
}

function standin(image: string, dockerfile: string, args?: Record<string, string>): LabImage {
  const built = { reference: `standin/${image}`, context: STANDINS, dockerfile, bundled: true };
  return args ? { ...built, arguments: args } : built;
}

/** The endpoints of one backend: choice, passive circuit breaker, active probes. */
import type { Metrics } from '../../shared/metrics.ts';
import { type Endpoint, endpoints } from '../config/backends.ts';
import type { Value } from '../config/rules.ts';
import { every } from '../every.ts';

type Member = Endpoint & {
  healthy: boolean;
  failures: number;
  successes: number;
  downSince: number;
};

/** Endpoints with their health. */
export class Pool {
  readonly backend: Value;
  readonly members: Member[];
  readonly #service: string;
  readonly #metrics: Metrics;
  #turn = 0;

  constructor(service: string, backend: Value, metrics: Metrics) {
    this.backend = backend;
    this.#service = service;
    this.#metrics = metrics;
    const fresh = { healthy: true, failures: 0, successes: 0, downSince: 0 };
    this.members = endpoints(backend).map((endpoint) => ({ ...endpoint, ...fresh }));
  }

  /** The endpoint for the next call, or undefined when all are down and none is due for another try. */
  pick(): Member | undefined {
    const recoveryMs = this.backend.recovery_timeout_seconds * 1000;
    const usable = this.members.filter(
      (one) => one.healthy || (recoveryMs > 0 && Date.now() - one.downSince >= recoveryMs),
    );
    const rotate = this.backend.load_balancing
      ? this.backend.load_balancing === 'round_robin'
      : this.members.length > 1;
    return usable[rotate ? this.#turn++ % Math.max(1, usable.length) : 0];
  }

  /** Records how a call or a probe went. */
  record(member: Member, ok: boolean): void {
    const health = this.backend.health_check;
    member.successes = ok ? member.successes + 1 : 0;
    member.failures = ok ? 0 : member.failures + 1;
    const threshold = health.enabled ? health.unhealthy_threshold : 5;
    const was = member.healthy;
    if (member.failures >= threshold) member.healthy = false;
    if (ok && (!health.enabled || member.successes >= health.healthy_threshold))
      member.healthy = true;
    if (was && !member.healthy) member.downSince = Date.now();
    if (health.enabled || was !== member.healthy)
      this.#metrics.set('ha_relayer_backend_health_status', member.healthy ? 1 : 0, {
        service_id: this.#service,
        endpoint: member.name || member.url,
      });
  }

  /** Probes every endpoint at the configured interval; returns what stops it. */
  probe(): () => void {
    const health = this.backend.health_check;
    if (!health.enabled) return () => {};
    const labels = (member: Member) => ({
      service_id: this.#service,
      endpoint: member.name || member.url,
    });
    return every(
      health.interval_seconds * 1000,
      async () => {
        for (const member of this.members) {
          const ok = await this.#probeOne(member).catch(() => false);
          this.record(member, ok);
          this.#metrics.add(
            ok
              ? 'ha_relayer_health_check_successes_total'
              : 'ha_relayer_health_check_failures_total',
            labels(member),
          );
        }
      },
      () => {},
    );
  }

  async #probeOne(member: Member): Promise<boolean> {
    const health = this.backend.health_check;
    const url = new URL(health.endpoint || this.backend.base_path, member.url);
    const type =
      health.content_type || (/^\s*[{[]/.test(health.request_body) ? 'application/json' : '');
    const response = await fetch(url, {
      method: health.method,
      headers: {
        ...this.backend.headers,
        ...(type && { 'content-type': type }),
        ...health.headers,
      },
      body: health.request_body || null,
      signal: AbortSignal.timeout(health.timeout_seconds * 1000),
    });
    const body = await response.text();
    const expected: number[] = health.expected_status;
    const status = expected.length > 0 ? expected.includes(response.status) : response.ok;
    return status && body.includes(health.expected_body);
  }
}

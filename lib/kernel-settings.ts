/** Kernel settings by name. */
export type KernelSettings = Readonly<Record<string, string | number>>;

/**
 * Every host: a relayer keeps thousands of connections to gateways and backends open at once; and after a reboot Docker may
 * start before the private address is there, as with an overlay network, and would never publish ports at it
 * (github.com/moby/moby, issue 39559).
 */
export const COMMON_KERNEL: KernelSettings = {
  'net.core.somaxconn': 4096,
  'net.ipv4.ip_nonlocal_bind': 1,
  'net.ipv4.ip_local_port_range': '16384 65000',
  'net.ipv4.tcp_keepalive_time': 300,
};

/**
 * A host with Redis: a background save forks; without overcommit the fork fails on a host whose memory is more than half
 * used (redis.io, docs, FAQ).
 */
export const REDIS_KERNEL: KernelSettings = { 'vm.overcommit_memory': 1 };

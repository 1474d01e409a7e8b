/** Kernel settings by name. */
export type KernelSettings = Readonly<Record<string, string | number>>;

/**
 * Every host: after a reboot Docker may start before the private address is there, as with an overlay network, and would
 * never publish ports at it (github.com/moby/moby, issue 39559). What a relayer needs is in its stack: containers have
 * network settings of their own.
 */
export const COMMON_KERNEL: KernelSettings = { 'net.ipv4.ip_nonlocal_bind': 1 };

/**
 * A host with Redis: a background save forks; without overcommit the fork fails on a host whose memory is more than half
 * used (redis.io, docs, FAQ).
 */
export const REDIS_KERNEL: KernelSettings = { 'vm.overcommit_memory': 1 };

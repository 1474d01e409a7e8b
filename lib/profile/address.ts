import { BlockList, isIPv4, isIPv6 } from 'node:net';

/** Where ssh connects to. */
export interface Address {
  address: string;
  user?: string;
  port?: number;
}

/** Reads `host`, `user@host`, `host:port`, `[IPv6]:port` or a bare IPv6 address. */
export function parseAddress(text: string): Address {
  const at = text.lastIndexOf('@');
  const user = at < 0 ? {} : { user: text.slice(0, at) };
  const rest = text.slice(at + 1);
  const bracketed = /^\[(.+)\](?::(\d+))?$/.exec(rest);
  if (bracketed) return { ...user, address: bracketed[1]!, ...portOf(bracketed[2]) };
  if (/:.*:/.test(rest)) return { ...user, address: rest };
  const [address, port] = rest.split(':');
  return { ...user, address: address!, ...portOf(port) };
}

/** Whether an address of nothing but digits and dots is one of IPv4: ssh would take 10.1 for 10.0.0.1. */
export function isIPv4IfOfDigits(text: string): boolean {
  const { address } = parseAddress(text);
  return !/^[\d.]+$/.test(address) || isIPv4(address);
}

/**
 * Whether an address with colons is one of IPv6, and not `::1:2222`, which is meant as a port of `::1` and would be read
 * as an address that no machine has. (Of other addresses with `::`, nobody can tell whether they end in a port.)
 */
export function isIPv6IfOfColons(text: string): boolean {
  const { address } = parseAddress(text);
  return !address.includes(':') || (isIPv6(address) && !/^::1:\d+$/.test(address));
}

/** What tells machines apart: where ssh finds each. */
export function sshEnd({ address, port = 22 }: Address): string {
  return `${address.toLowerCase()} ${port}`;
}

/**
 * Whether an IPv4 address is one of a private network: RFC 1918, or shared address space as overlay networks use it
 * (100.64.0.0/10). One of IPv6 never is: the networks of containers have none, so that they could not connect to it.
 */
export function isPrivateAddress(address: string): boolean {
  return isIPv4(address) && PRIVATE.check(address);
}

/** Whether a host name or address means the machine, or the container, that uses it. */
export function isLoopback(host: string): boolean {
  return /^(?:localhost|127(?:\.\d+){3}|\[?::1\]?|0\.0\.0\.0)$/i.test(host);
}

const PRIVATE = new BlockList();
PRIVATE.addSubnet('10.0.0.0', 8);
PRIVATE.addSubnet('172.16.0.0', 12);
PRIVATE.addSubnet('192.168.0.0', 16);
PRIVATE.addSubnet('100.64.0.0', 10);

function portOf(text: string | undefined): { port?: number } {
  return text === undefined ? {} : { port: Number(text) };
}

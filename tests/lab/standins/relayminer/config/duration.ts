const units: Record<string, number> = {
  ns: 1e-6,
  us: 1e-3,
  µs: 1e-3,
  ms: 1,
  s: 1000,
  m: 60_000,
  h: 3_600_000,
};

/** Parses a Go duration such as `1h30m` into milliseconds; undefined when it is none. */
export function parseDuration(value: string): number | undefined {
  if (value === '0') return 0;
  if (!/^[+-]?(\d+(\.\d*)?(ns|us|µs|ms|s|m|h))+$/.test(value)) return undefined;
  const parts = value.matchAll(/(\d+(?:\.\d*)?)(ns|us|µs|ms|s|m|h)/g);
  const total = [...parts].reduce((sum, [, count, unit]) => sum + Number(count) * units[unit!]!, 0);
  return value.startsWith('-') ? -total : total;
}

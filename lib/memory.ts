/** An amount of memory of a profile, such as 512mb or 4gb, in MiB. Throws on what is none. */
export function mebibytes(amount: string): number {
  const [, digits, unit] = /^(\d+)(mb|gb)$/i.exec(amount) ?? [];
  if (digits === undefined || unit === undefined) throw new TypeError(`no memory: ${amount}`);
  return Number(digits) * (unit.toLowerCase() === 'gb' ? 1024 : 1);
}

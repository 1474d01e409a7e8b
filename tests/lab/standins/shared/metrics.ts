/** Counters and gauges in the Prometheus text format. */

type Labels = Record<string, string>;

/** A set of metrics; a series exists from its first `add` or `set` on. */
export class Metrics {
  readonly #types = new Map<string, 'counter' | 'gauge'>();
  readonly #values = new Map<string, Map<string, number>>();

  /** Adds to a counter. */
  add(name: string, labels: Labels = {}, amount = 1): void {
    const series = this.#series(name, 'counter');
    const key = format(labels);
    series.set(key, (series.get(key) ?? 0) + amount);
  }

  /** Sets a gauge. */
  set(name: string, value: number, labels: Labels = {}): void {
    this.#series(name, 'gauge').set(format(labels), value);
  }

  /** The whole set as Prometheus scrapes it. */
  render(): string {
    const lines: string[] = [];
    for (const [name, series] of this.#values) {
      lines.push(`# TYPE ${name} ${this.#types.get(name)}`);
      for (const [labels, value] of series) lines.push(`${name}${labels} ${value}`);
    }
    return `${lines.join('\n')}\n`;
  }

  #series(name: string, type: 'counter' | 'gauge'): Map<string, number> {
    const series = this.#values.get(name) ?? new Map<string, number>();
    this.#values.set(name, series);
    this.#types.set(name, type);
    return series;
  }
}

function format(labels: Labels): string {
  const pairs = Object.entries(labels).map(
    ([name, value]) => `${name}="${value.replaceAll('\\', '\\\\').replaceAll('"', '\\"')}"`,
  );
  return pairs.length === 0 ? '' : `{${pairs.join(',')}}`;
}

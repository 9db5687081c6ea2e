/** The result of an analysis: anomalies by name, with the first few of each kept as evidence. */

/** One anomaly, in rows of the table. */
export interface Anomaly {
  /** "G1a", "lost-update", "G-single-item-realtime", ... */
  readonly type: string;
  /** A well-known name of its shape: "write skew", "long fork", ... */
  readonly shape?: string;
  /** The transactions involved; for a cycle, in order. */
  readonly transactions: readonly number[];
  /**
   * For a cycle: the kind of each edge, from `transactions[i]` to the next (the last leads back to the
   * first).
   */
  readonly kinds?: readonly number[];
  /** Row of the affected key. */
  readonly key?: number;
  /** A sentence that describes an anomaly without a cycle. */
  readonly text?: string;
}

/** The number of anomalies of one type that are kept. */
const keptOfEach = 16;

/** Anomalies by type. */
export class AnomalySet {
  readonly #byType = new Map<string, { kept: Anomaly[]; count: number }>();

  add(anomaly: Anomaly): void {
    const known = this.#byType.get(anomaly.type);
    if (!known) this.#byType.set(anomaly.type, { kept: [anomaly], count: 1 });
    else {
      known.count++;
      if (known.kept.length < keptOfEach) known.kept.push(anomaly);
    }
  }

  /**
   * As `add`, for the hot case in which most anomalies are dropped: `make` runs only if the anomaly is
   * kept.
   */
  note(type: string, make: () => Omit<Anomaly, "type">): void {
    const known = this.#byType.get(type);
    if (known && known.kept.length >= keptOfEach) known.count++;
    else this.add({ type, ...make() });
  }

  has(type: string): boolean {
    return this.#byType.has(type);
  }

  get types(): string[] {
    return [...this.#byType.keys()];
  }

  /** The number of anomalies of `type` seen. */
  count(type: string): number {
    return this.#byType.get(type)?.count ?? 0;
  }

  /** The first few of `type`. */
  of(type: string): readonly Anomaly[] {
    return this.#byType.get(type)?.kept ?? [];
  }
}

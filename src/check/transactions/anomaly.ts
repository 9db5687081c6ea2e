/** What an analysis finds: anomalies by name, the first few of each kept as evidence. */

/** One anomaly, in rows of the table. */
export interface Anomaly {
  /** "G1a", "lost-update", "G-single-item-realtime", ... */
  readonly type: string;
  /** A well-known name of its shape: "write skew", "long fork", ... */
  readonly shape?: string;
  /** The transactions it is made of; of a cycle, in order. */
  readonly transactions: readonly number[];
  /** Of a cycle: the kind of each edge, from `transactions[i]` to the next (the last leads back). */
  readonly kinds?: readonly number[];
  /** Row of the key it happened to. */
  readonly key?: number;
  /** One sentence, for those without a cycle. */
  readonly text?: string;
}

/** How many of one type are kept: enough to show, few enough to hold. */
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

  /** Like `add`, for the hot case that most are dropped: `make` runs only if the anomaly is kept. */
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

  /** How many of `type` were seen. */
  count(type: string): number {
    return this.#byType.get(type)?.count ?? 0;
  }

  /** The first few of `type`. */
  of(type: string): readonly Anomaly[] {
    return this.#byType.get(type)?.kept ?? [];
  }
}

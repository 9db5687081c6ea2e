/** What an algorithm of this folder found: a contradiction, as links between accesses. */

/** Why one access must come before another. */
export interface Link {
  readonly from: number;
  readonly to: number;
  /**
   * - `session`: one session ran them in this order.
   * - `reads`: `to` read what `from` wrote.
   * - `order`: both write one key; `because` read `to` although it comes after `from`.
   * - `overwritten`: `from` is a read that must come before the write `to`, which replaced what it read.
   */
  readonly kind: "session" | "reads" | "order" | "overwritten";
  /** Of an `order` link: the read that settles it. */
  readonly because?: number;
}

/** A contradiction among accesses. */
export interface Finding {
  /** The name in the table of anomalies. */
  readonly anomaly: string;
  /** The lane whose view cannot be explained, where it is one. */
  readonly viewer?: number;
  /** What happened, in the order to tell it. */
  readonly links: readonly Link[];
  /** Every access that takes part. */
  readonly accesses: readonly number[];
  /** The read (or write) that cannot be, if it is one. */
  readonly culprit: number;
}

/** Makes a finding out of its links; the accesses are all that they name. */
export function finding(
  anomaly: string,
  culprit: number,
  links: readonly Link[],
  viewer?: number,
): Finding {
  const named = new Set<number>([culprit]);
  for (const { from, to, because } of links) {
    named.add(from);
    named.add(to);
    if (because !== undefined) named.add(because);
  }
  return {
    anomaly,
    culprit,
    links,
    accesses: [...named].sort((a, b) => a - b),
    ...(viewer === undefined ? {} : { viewer }),
  };
}

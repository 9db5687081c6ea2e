/** The result of an algorithm of this folder: a contradiction, as links between accesses. */

/** A reason why one access must come before another. */
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
  /** For an `order` link: the read that determines it. */
  readonly because?: number;
}

/** A contradiction among accesses. */
export interface Finding {
  /** The name in the table of anomalies. */
  readonly anomaly: string;
  /** The lane whose view cannot be explained, if there is one. */
  readonly viewer?: number;
  /** The links, in the order in which to describe them. */
  readonly links: readonly Link[];
  /** All accesses involved. */
  readonly accesses: readonly number[];
  /** The impossible read (or write), if there is one. */
  readonly culprit: number;
}

/** Creates a finding from its links; its accesses are all that the links refer to. */
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

/** The shape of the table of levels: what a row says of a level, and of an anomaly. */

/** What a level speaks of: single operations on objects, or transactions over several. */
export type Family = "objects" | "transactions";

/** A history that a level's page shows, as a timeline, with the verdict that the checkers must give. */
export interface Example {
  /** True when the level allows this history. */
  readonly allowed: boolean;
  /** One sentence: why. */
  readonly why: string;
  /**
   * One line a session; a bar `[w x 1]` is an operation from its first column to its last, in
   * milliseconds. `w` writes, `r` reads (`nil` is the initial value), `a` appends; a transaction lists
   * its operations with commas; `{1 2}` is a list; a bar that ends in `!` was aborted.
   */
  readonly timeline: string;
}

/** One level of consistency. */
export interface Level {
  /** The field's name, unique in the table; Elle's friendly name where Elle has one. */
  readonly name: string;
  /** Other names that the literature or a tool knows it by, Adya's `PL-` names included. */
  readonly aliases?: readonly string[];
  /** The name as a heading. */
  readonly title: string;
  /** What it speaks of. */
  readonly of: Family;
  /** The level in two sentences. */
  readonly description: readonly [string, string];
  /** The levels directly below: a history that satisfies this one satisfies those. */
  readonly implies: readonly string[];
  /** The anomalies that it forbids, beyond what the implied levels forbid. */
  readonly forbids?: readonly string[];
  /** Who defined it. */
  readonly source: string;
  /** What a history must offer for a complete answer, where that is more than the operations. */
  readonly needs?: string;
  /** One allowed and one forbidden history, for every level that a checker decides. */
  readonly examples: readonly Example[];
}

/** One anomaly: a pattern in a history that some levels forbid. */
export interface Anomaly {
  /** The field's name: Adya's, Elle's, Bouajjani's or Bailis's. */
  readonly name: string;
  readonly of: Family;
  /** What it is, in one sentence. */
  readonly description: string;
}

/** The types of the table of levels: the rows for a level and for an anomaly. */

/** Whether a level concerns single operations on objects, or transactions over several objects. */
export type Family = "objects" | "transactions";

/** An example history on a level's page, shown as a timeline, with the verdict that the checkers must give. */
export interface Example {
  /** True when the level allows this history. */
  readonly allowed: boolean;
  /** One sentence that gives the reason. */
  readonly why: string;
  /**
   * One line per session. A bar `[w x 1]` is an operation from its first column to its last, in
   * milliseconds. `w` writes, `r` reads (`nil` is the initial value), `a` appends; a transaction lists its
   * operations separated by commas; `{1 2}` is a list; a bar that ends in `!` was aborted.
   */
  readonly timeline: string;
}

/** One level of consistency. */
export interface Level {
  /** The established name, unique in the table; Elle's friendly name where Elle has one. */
  readonly name: string;
  /** Other names used in the literature or by a tool, Adya's `PL-` names included. */
  readonly aliases?: readonly string[];
  /** The name as a heading. */
  readonly title: string;
  /** Whether it concerns objects or transactions. */
  readonly of: Family;
  /** A description in two sentences. */
  readonly description: readonly [string, string];
  /** The levels directly below. A history that satisfies this level satisfies those as well. */
  readonly implies: readonly string[];
  /** The anomalies that it forbids, in addition to those that the implied levels forbid. */
  readonly forbids?: readonly string[];
  /** The source of the definition. */
  readonly source: string;
  /** What a history must contain for a complete answer, if the operations alone are not enough. */
  readonly needs?: string;
  /** One allowed and one forbidden history, for every level that a checker decides. */
  readonly examples: readonly Example[];
}

/** One anomaly: a pattern in a history that some levels forbid. */
export interface Anomaly {
  /** The established name: Adya's, Elle's, Bouajjani's or Bailis's. */
  readonly name: string;
  readonly of: Family;
  /** A description in one sentence. */
  readonly description: string;
}

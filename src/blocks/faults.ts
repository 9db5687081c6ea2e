/**
 * What can go wrong with a block in ways of its own, as data. A block has no private door into the simulator, so
 * whatever goes wrong comes about as it does in life: an operator of the block gives it commands, or the block takes a rare
 * path that it offers with `buggify`.
 */

/** One fault of a block. */
export interface BlockFault {
  /** Its name in worlds: `w.block(stores, { fault: "evict" })`. */
  readonly name: string;
  /** What happens, in a sentence, for the documentation. */
  readonly summary: string;
  /** Where it comes from. */
  readonly cause: string;
  /** What stories say when it begins, after the name of the host. `{share}` stands for the value with that name. */
  readonly begins: string;
  /** What they say when it ends. Absent: it happens at one moment. */
  readonly ends?: string;
  /**
   * Numbers that are drawn anew for each fault, from and to, by name. The operator is given them: `--share 0.5`. Of a rare
   * path, `probability` is the share of the passes that take it.
   */
  readonly draws?: Readonly<Record<string, readonly [from: number, to: number]>>;
  /** The rare path that the block takes meanwhile. Absent: the block's operator does what is to be done. */
  readonly path?: string;
  /** Whether the programs of the host are killed and started again when it begins. */
  readonly restarts?: true;
}

/** What a block can suffer, and who does it. */
export interface BlockFaults {
  readonly faults: readonly BlockFault[];
  /**
   * The URL of the operator's program. It is started on the host of the block with the block's own arguments, `--do NAME`, and
   * the numbers that were drawn. It prints a line when it has done it, and undoes it when it gets `SIGTERM`.
   */
  readonly operator: string;
}

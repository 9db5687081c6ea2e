/** One figure that the docs claim. */
export interface Claim {
  readonly id: string;
  readonly what: string;
  readonly kind: "count" | "ratio";
  readonly better: "more" | "less";
  readonly claimed: number;
  /** What measures it: a script of the repository and its arguments. */
  readonly command: readonly string[];
  /** The line of its output that has the figure, and where in it. */
  readonly select: Readonly<Record<string, unknown>>;
  readonly field: string;
  readonly quotes?: readonly { readonly file: string; readonly text: string }[];
}

export const TOLERANCE: number;

/** Every claim for a major version of Node; the one that runs unless given. */
export function claims(major?: string): Claim[];

/** Whether what was measured is as good as what is claimed. */
export function verdictOf(
  claim: Pick<Claim, "kind" | "better" | "claimed">,
  measured: number,
): "holds" | "fell";

/** The table of Node's own tests. */
export function nodeTestsTable(): string;

/** The marks between which a table stands in a page. */
export function marksOf(name: string): [string, string];

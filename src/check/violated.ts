/** How a check of a user's own says what is wrong, with the operations that show it. */
import type { Operation } from "../history/operation.ts";
import type { Evidence, Verdict } from "./verdict.ts";

/** What beside the operations is known of a violation. */
export interface ViolatedOptions {
  /** The object that it happened to. */
  readonly key?: unknown;
  /** A name for this way of being wrong, such as "lost write": shrinking does not mix it up with another. */
  readonly anomaly?: string;
}

/**
 * A verdict that says `violated`, for the `judge` of a check of your own. `operations` are those that show it
 * (or their indices): the story tells them, with the faults in between, and shrinking ends runs soon after them.
 * A check that answers with `false` or a sentence alone is told with whatever shrinking has left of the run.
 *
 * @example
 * w.check({
 *   name: "a charge is made at most once",
 *   judge: ({ history }) => {
 *     const charges = history.operations.filter(({ f, outcome }) => f === "charge" && outcome === "ok");
 *     const twice = charges.find((one) => charges.some((other) => other !== one && other.key === one.key));
 *     if (!twice) return true;
 *     return violated(`${twice.key} is charged twice`, charges.filter(({ key }) => key === twice.key));
 *   },
 * });
 */
export function violated(
  summary: string,
  operations: readonly (Operation | number)[] = [],
  options: ViolatedOptions = {},
): Verdict {
  const indices = operations.map((one) => (typeof one === "number" ? one : one.index));
  const evidence: Evidence = { summary, ...options, steps: [], operations: indices };
  return { result: "violated", evidence: [evidence] };
}

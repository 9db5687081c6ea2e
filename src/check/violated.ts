/** Lets a user's own check report a violation together with the operations that show it. */
import type { Operation } from "../history/operation.ts";
import type { Evidence, Verdict } from "./verdict.ts";

/** Further information about a violation. */
export interface ViolatedOptions {
  /** The affected object. */
  readonly key?: unknown;
  /**
   * A name for this kind of violation, such as "lost write". Shrinking does not confuse it with other
   * kinds.
   */
  readonly anomaly?: string;
}

/**
 * Creates a `violated` verdict, for the `judge` of your own check. `operations` are the operations that show
 * the violation (or their indices). The story describes them, with the faults in between, and shrinking ends
 * runs soon after them. For a check that returns only `false` or a sentence, the story contains everything
 * that shrinking has left of the run.
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

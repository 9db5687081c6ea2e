/** A run beside the one of the page, and what the axis makes of their common beginning. */
import type { TraceDissector } from "../../dissect/index.ts";
import type { Beginning } from "./axis.ts";
import type { Comparison } from "./compare.ts";
import type { Run } from "./run.ts";

/** A run beside this one. */
export interface Compared {
  /** What it is called: a file's name, or how it differs. */
  readonly name: string;
  readonly run: Run;
  readonly result: Comparison;
  /** The time of the first event that differs. */
  readonly divergedNs: number;
  readonly dissector: TraceDissector | undefined;
}

/** A share of the run that is shown before the first difference. */
export const BEFORE_SHARE = 0.01;

/** Whether both runs are the same, to the last event. */
export function isSame({ result }: Compared): boolean {
  return result.first.left === 0 && result.first.right === 0;
}

/** What the axis folds of two runs that begin alike. */
export function commonBeginning(
  compared: Compared | string | undefined,
  endNs: number,
): Beginning | undefined {
  if (typeof compared !== "object" || isSame(compared)) return undefined;
  const untilNs = compared.divergedNs - 2 * BEFORE_SHARE * endNs;
  return { untilNs, events: compared.result.common };
}

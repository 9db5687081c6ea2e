/**
 * The common interface of the specialists. For a history with unique values, a specialist answers in
 * log-linear time and returns the few operations that contradict each other. It returns no answer for other
 * histories.
 */
import type { Operation } from "../../history/operation.ts";
import { keyOf } from "./model.ts";

/**
 * The answer of a specialist. `undefined`: it does not support this history, so the general search has to
 * decide.
 */
export type SpecialistResult =
  | { readonly result: "linearizable" }
  | {
      readonly result: "not";
      /** The operations that contradict each other, independent of the others. */
      readonly culprits: readonly Operation[];
      /** Whether they contradict each other only together with the constraints of the other operations. */
      readonly needsOthers?: boolean;
      /** The reason, in a sentence. */
      readonly summary: string;
      /** The established name of the anomaly. */
      readonly anomaly: string;
    }
  | undefined;

/** Decides histories of one kind. */
export interface Specialist {
  /** The name of the algorithm, for `--json`. */
  readonly name: string;
  decide(operations: readonly Operation[], initial: unknown): SpecialistResult;
}

/** A map key that is equal for equal values. Primitives are their own keys. */
export function valueKey(value: unknown): unknown {
  if (value === undefined) return null;
  return typeof value === "object" && value !== null ? `\u0000${keyOf(value)}` : value;
}

/** The union of spans of time, between positions in the order of events. */
export class Cover {
  readonly #starts: number[] = [];
  readonly #ends: number[] = [];
  readonly #owners: Operation[][] = [];

  /** Merges `spans` (each from start to end, start < end). */
  constructor(spans: readonly { start: number; end: number; owner: Operation }[]) {
    const sorted = spans.filter(({ start, end }) => start < end).sort((a, b) => a.start - b.start);
    for (const { start, end, owner } of sorted) {
      const last = this.#ends.length - 1;
      if (last >= 0 && start < (this.#ends[last] as number)) {
        if (end > (this.#ends[last] as number)) {
          this.#ends[last] = end;
          this.#owners[last]?.push(owner);
        }
      } else {
        this.#starts.push(start);
        this.#ends.push(end);
        this.#owners.push([owner]);
      }
    }
  }

  /**
   * The operations that together cover every moment between `from` and `to`, or `undefined` if a moment is
   * free.
   */
  within(from: number, to: number): readonly Operation[] | undefined {
    let low = 0;
    let high = this.#starts.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if ((this.#starts[middle] as number) < from) low = middle + 1;
      else high = middle;
    }
    const at = low - 1;
    return at >= 0 && to < (this.#ends[at] as number) ? this.#owners[at] : undefined;
  }
}

/**
 * What the specialists share: an answer in log-linear time for histories whose values are unique, with
 * the handful of operations that contradict each other; or none, where a history is not their kind.
 */
import type { Operation } from "../../history/operation.ts";
import { keyOf } from "./model.ts";

/** What a specialist says. `undefined`: this history is not for it, let the general search decide. */
export type SpecialistResult =
  | { readonly result: "linearizable" }
  | {
      readonly result: "not";
      /** The operations that contradict each other, whatever the others did. */
      readonly culprits: readonly Operation[];
      /** They contradict each other only because the others leave them no way out. */
      readonly needsOthers?: boolean;
      /** Why, in a sentence. */
      readonly summary: string;
      /** The field's name for it. */
      readonly anomaly: string;
    }
  | undefined;

/** Decides histories of one kind. */
export interface Specialist {
  /** The algorithm, for `--json`. */
  readonly name: string;
  decide(operations: readonly Operation[], initial: unknown): SpecialistResult;
}

/** A map key that is equal for equal values: primitives are their own. */
export function valueKey(value: unknown): unknown {
  if (value === undefined) return null;
  return typeof value === "object" && value !== null ? `\u0000${keyOf(value)}` : value;
}

/** Stretches of time that are taken for certain, between places in the order of events. */
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

  /** The operations that leave no moment between `from` and `to` free, or `undefined` if one is. */
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

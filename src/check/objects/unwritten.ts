/**
 * Finds answers that no order can explain, because their value was never given to the object, or only
 * later. This takes one pass, whereas a search would try every order of the preceding operations.
 */
import type { Operation } from "../../history/operation.ts";
import { keyOf, show, type Unwritten } from "./model.ts";

/** Values, each with the moment from which on the object can have had it. */
export class GivenValues {
  readonly #first = new Map<string, number>();

  /** Records that `value` was given from `rank` on; -1 for an initial value. */
  give(value: unknown, rank: number): void {
    const key = keyOf(value);
    const known = this.#first.get(key);
    if (known === undefined || rank < known) this.#first.set(key, rank);
  }

  /**
   * Returns undefined if `value` can have been present when `operation` was answered; otherwise the reason
   * why not.
   */
  missing(value: unknown, operation: Operation): Unwritten | undefined {
    const first = this.#first.get(keyOf(value));
    if (first !== undefined && first < operation.completeRank) return undefined;
    const why =
      first === undefined ? "yet nobody ever wrote it" : "before anybody began to write it";
    const { f } = operation;
    const how =
      f === "cas" ? "found by a cas" : f === "read" || f === "get" ? "read" : `told by a ${f}`;
    return { operations: [operation], summary: `${show(value)} was ${how}, ${why}` };
  }
}

/** The first non-undefined result of `find` over `operations`. */
export function firstUnwritten(
  operations: readonly Operation[],
  find: (operation: Operation) => Unwritten | undefined,
): Unwritten | undefined {
  for (const operation of operations) {
    const found = operation.outcome === "ok" ? find(operation) : undefined;
    if (found) return found;
  }
  return undefined;
}

/** For registers: `read`, `write x`, `cas [from to]`. */
export function unwrittenInRegister(
  operations: readonly Operation[],
  initial: unknown,
): Unwritten | undefined {
  const given = new GivenValues();
  given.give(initial, -1);
  for (const { f, input, output, outcome, invokeRank } of operations) {
    if (outcome === "fail") continue;
    if (f === "write") given.give(input, invokeRank);
    else if (f === "cas" && !(outcome === "ok" && output === false))
      given.give((input as unknown[])[1], invokeRank);
  }
  return firstUnwritten(operations, (operation) => {
    const { f, input, output } = operation;
    if (f === "read") return given.missing(output, operation);
    return f === "cas" && output !== false
      ? given.missing((input as unknown[])[0], operation)
      : undefined;
  });
}

/** For collections: each value that came out was put in, at least as many times. */
export function unwrittenInCollection(
  operations: readonly Operation[],
  initial: unknown,
  isPut: (f: string) => boolean,
): Unwritten | undefined {
  const given = new GivenValues();
  const putsOf = new Map<string, Operation[]>();
  const left = new Map<string, number>();
  const put = (value: unknown, rank: number): void => {
    given.give(value, rank);
    left.set(keyOf(value), (left.get(keyOf(value)) ?? 0) + 1);
  };
  if (Array.isArray(initial)) for (const value of initial) put(value, -1);
  for (const operation of operations) {
    if (operation.outcome === "fail" || !isPut(operation.f)) continue;
    put(operation.input, operation.invokeRank);
    const key = keyOf(operation.input);
    const puts = putsOf.get(key);
    if (puts) puts.push(operation);
    else putsOf.set(key, [operation]);
  }
  const takesOf = new Map<string, Operation[]>();
  return firstUnwritten(operations, (operation) => {
    const { f, output } = operation;
    if (isPut(f) || output === null || output === undefined) return undefined;
    const missing = given.missing(output, operation);
    if (missing) return missing;
    const key = keyOf(output);
    const takes = takesOf.get(key) ?? [];
    takes.push(operation);
    takesOf.set(key, takes);
    if (takes.length <= (left.get(key) ?? 0)) return undefined;
    const summary = `${show(output)} came out ${takes.length} times, and was put in ${left.get(key)} times`;
    return { operations: [...(putsOf.get(key) ?? []), ...takes], summary };
  });
}

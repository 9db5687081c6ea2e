/** Splits a history of registers or maps into reads and writes of single keys. */
import { LightconeError } from "../../base/errors.ts";
import type { History, Operation } from "../../history/operation.ts";
import type { RawAccess } from "./accesses.ts";
import { textOf } from "../../history/values.ts";

const reads = new Set(["read", "get", "r"]);
const writes = new Set(["write", "put", "w", "set"]);
const removals = new Set(["delete", "remove"]);
const swaps = new Set(["cas", "compare-and-set"]);

/** The result of splitting a history. */
export interface ReadWrites {
  readonly raw: readonly RawAccess[];
  /** Whether a compare-and-set answered that its comparison failed. Accesses cannot express this. */
  readonly comparedInVain: boolean;
}

/**
 * The reads and writes of all operations that may have happened, in order of invocation. Throws
 * `LC_NOT_READ_WRITE` for an operation that is neither a read nor a write.
 */
export function readWritesOf(history: History, level: string): ReadWrites {
  const raw: RawAccess[] = [];
  let comparedInVain = false;
  for (const operation of history.operations) {
    const { f, key, input, output, outcome } = operation;
    if (outcome === "fail") continue;
    if (reads.has(f) || writes.has(f)) {
      if (Array.isArray(input) && input.every(isMicro)) {
        for (const one of microsOf(operation)) raw.push(one);
      } else if (writes.has(f)) raw.push({ operation, write: true, key, value: input });
      else if (outcome === "ok") {
        // Key-value logs return the empty text for a get of a missing key.
        const value = f === "get" && output === "" ? null : output;
        raw.push({ operation, write: false, key, value });
      }
    } else if (removals.has(f)) {
      raw.push({ operation, write: true, key, value: null });
    } else if (f === "txn") {
      for (const one of microsOf(operation)) raw.push(one);
    } else if (swaps.has(f)) {
      const [from, to] = pairOf(operation);
      if (outcome === "ok" && output === false) {
        comparedInVain = true;
        continue;
      }
      raw.push({ operation, write: false, key, value: from });
      raw.push({ operation, write: true, key, value: to });
    } else throw notReadWrite(operation, level);
  }
  return { raw, comparedInVain };
}

function notReadWrite(operation: Operation, level: string): LightconeError {
  return new LightconeError(
    "LC_NOT_READ_WRITE",
    `operation ${operation.index} is ${textOf(operation.f)}, and the level ${level} is judged on reads, writes and compare-and-sets alone`,
    "Judge such a history as linearizable or sequential, with the model that knows the operation.",
  );
}

function pairOf(operation: Operation): [unknown, unknown] {
  const { input } = operation;
  if (Array.isArray(input) && input.length === 2) return [input[0], input[1]];
  throw new LightconeError(
    "LC_BAD_HISTORY",
    `operation ${operation.index} is a compare-and-set of ${textOf(input)}`,
    "A compare-and-set is given [old, new].",
  );
}

/** Whether `item` is `[f, key, value]`, the form used in operations on several registers. */
function isMicro(item: unknown): boolean {
  return Array.isArray(item) && item.length === 3 && typeof item[0] === "string";
}

/** The accesses of an operation on several registers. It is not judged as one transaction here. */
function* microsOf(operation: Operation): Generator<RawAccess> {
  const { outcome, input, output } = operation;
  const list = outcome === "ok" && Array.isArray(output) ? output : input;
  for (const item of (Array.isArray(list) ? list : []) as [string, unknown, unknown][]) {
    if (!Array.isArray(item)) throw notReadWrite(operation, "asked for");
    const [f, key, value] = item;
    const write = writes.has(f);
    if (!write && !reads.has(f)) throw notReadWrite(operation, "asked for");
    if (write || outcome === "ok") yield { operation, write, key, value };
  }
}

/** Sets: elements that are added, removed and looked up, and reads of the whole set. */
import type { Operation } from "../../history/operation.ts";
import { keyOf, show, type Model } from "./model.ts";
import { valueKey, type Specialist, type SpecialistResult } from "./specialist.ts";
import { firstUnwritten, GivenValues } from "./unwritten.ts";

/** The keys of the elements that a read returned, as a list, a set or a map. */
function elementsOf(output: unknown): unknown[] {
  if (Array.isArray(output)) return output as unknown[];
  if (output instanceof Set) return [...(output as Set<unknown>)];
  return output === null || output === undefined ? [] : [output];
}

/** A set with `add x`, `remove x`, `contains x` (true or false) and `read` (all of it). */
export const set: Model<readonly string[]> = {
  name: "set",
  bounded: true,
  initial: (given) => elementsOf(given).map(keyOf).sort(),
  step(state, { f, input, output, outcome }) {
    if (f === "read") {
      if (outcome !== "ok") return { state };
      const read = elementsOf(output).map(keyOf).sort();
      return read.length === state.length && read.every((key, i) => key === state[i])
        ? { state }
        : undefined;
    }
    const key = keyOf(input);
    const has = state.includes(key);
    const said = outcome === "ok" && typeof output === "boolean" ? output : undefined;
    if (f === "contains") return said === undefined || said === has ? { state } : undefined;
    if (f === "add") {
      // The answer of an add may state whether it changed the set.
      if (said !== undefined && said === has) return undefined;
      return { state: has ? state : [...state, key].sort() };
    }
    if (said !== undefined && said !== has) return undefined;
    return { state: has ? state.filter((other) => other !== key) : state };
  },
  hash: (state) => state.join(),
  kind({ f, input, output, outcome }) {
    if (f === "read")
      return `r${outcome === "ok" ? elementsOf(output).map(keyOf).sort().join() : "?"}`;
    return `${f}${keyOf(input)}${outcome === "ok" && typeof output === "boolean" ? output : ""}`;
  },
  readOnly: ({ f }) => f === "read" || f === "contains",
  unwritten(operations, initial) {
    const given = new GivenValues();
    for (const element of elementsOf(initial)) given.give(element, -1);
    for (const { f, input, outcome, invokeRank } of operations)
      if (f === "add" && outcome !== "fail") given.give(input, invokeRank);
    return firstUnwritten(operations, (operation) => {
      const { f, input, output } = operation;
      if (f === "read") {
        for (const element of elementsOf(output)) {
          const missing = given.missing(element, operation);
          if (missing) return missing;
        }
      }
      const found = (f === "contains" || f === "remove") && output === true;
      return found ? given.missing(input, operation) : undefined;
    });
  },
  describe({ f, input, output, outcome }) {
    if (f === "read")
      return outcome === "ok" ? `read {${elementsOf(output).map(show).join(" ")}}` : f;
    const answer = outcome === "ok" && typeof output === "boolean" ? ` -> ${output}` : "";
    return `${f} ${show(input)}${answer}`;
  },
  show: (state) => `{${state.join(" ")}}`,
};

/** Whether a history of a set never reads the whole set. Then each element is an independent object. */
export function elementwise(operations: readonly Operation[]): boolean {
  return operations.every(({ f }) => f === "add" || f === "remove" || f === "contains");
}

/**
 * Sets that only grow, in time log-linear in the elements read: the reads must form a chain by inclusion,
 * and real time must agree with the positions of reads and adds in the chain.
 */
export const growingSet: Specialist = {
  name: "grow-only set (chain of reads)",
  decide(operations, initial) {
    const kept = operations.filter(({ outcome }) => outcome !== "fail");
    if (!kept.every(isReadOrPlainAdd)) return undefined;
    const reads = kept
      .filter(({ f, outcome }) => f === "read" && outcome === "ok")
      .map((operation) => ({
        operation,
        keys: new Set(elementsOf(operation.output).map(valueKey)),
      }))
      .sort((a, b) => a.keys.size - b.keys.size || a.operation.index - b.operation.index);
    const broken = notAChain(reads);
    if (broken) return broken;
    const adds = kept.filter(({ f }) => f === "add");
    return placed(reads, adds, new Set(elementsOf(initial).map(valueKey)));
  },
};

function isReadOrPlainAdd({ f, output, outcome }: Operation): boolean {
  return f === "read" || (f === "add" && !(outcome === "ok" && typeof output === "boolean"));
}

interface Read {
  readonly operation: Operation;
  readonly keys: ReadonlySet<unknown>;
}

function notAChain(reads: readonly Read[]): SpecialistResult {
  for (let i = 1; i < reads.length; i++) {
    const smaller = reads[i - 1] as Read;
    const larger = reads[i] as Read;
    for (const key of smaller.keys) {
      if (larger.keys.has(key)) continue;
      return {
        result: "not",
        culprits: [smaller.operation, larger.operation],
        anomaly: "incomparable reads",
        summary: `one read has ${show(key)} and another does not, though that one has elements the first has not: in no order can a set that only grows be both`,
      };
    }
  }
  return undefined;
}

/**
 * The operations that must not come after (`low`) and before (`high`) an operation, as steps of the chain
 * of reads.
 */
interface Place {
  readonly operation: Operation;
  readonly low: number;
  readonly high: number;
}

function placed(
  reads: readonly Read[],
  adds: readonly Operation[],
  initial: ReadonlySet<unknown>,
): SpecialistResult {
  const places: Place[] = [];
  const firstStep = new Map<unknown, number>();
  let step = 0;
  let size = -1;
  for (const { operation, keys } of reads) {
    if (keys.size !== size) {
      step += 2;
      size = keys.size;
      for (const key of keys) if (!firstStep.has(key)) firstStep.set(key, step);
    }
    places.push({ operation, low: step, high: step });
  }
  const firstRead = reads[0];
  if (firstRead) {
    for (const key of initial) {
      if (!firstRead.keys.has(key)) return lostFromRead(firstRead.operation, key);
    }
  }
  const bringers = new Map<unknown, Operation>();
  for (const add of adds) {
    const key = valueKey(add.input);
    const bringer = bringers.get(key);
    if (!bringer || add.invokeRank < bringer.invokeRank) bringers.set(key, add);
  }
  for (const [key, at] of firstStep) {
    if (!bringers.has(key) && !initial.has(key)) {
      const read = reads.find(({ keys }) => keys.has(key)) as Read;
      return {
        result: "not",
        culprits: [read.operation],
        anomaly: "unexpected element",
        summary: `${show(key)} was read (step ${at / 2} of the set's growth), yet nobody ever added it`,
      };
    }
  }
  for (const add of adds) {
    const key = valueKey(add.input);
    const first = initial.has(key) ? 0 : (firstStep.get(key) ?? Infinity);
    // An add that may not have happened and whose element was never read is irrelevant.
    if (add.outcome === "info" && (first === Infinity || bringers.get(key) !== add)) continue;
    const low = first === Infinity ? step + 1 : first - 1;
    places.push({
      operation: add,
      low,
      high: bringers.get(key) === add && first > 0 ? low : Infinity,
    });
  }
  return disorder(places, reads);
}

function lostFromRead(read: Operation, key: unknown): SpecialistResult {
  return {
    result: "not",
    culprits: [read],
    anomaly: "lost element",
    summary: `${show(key)} was there from the start, yet a read has it not`,
  };
}

/** Finds an operation that ended before another began although its position is later. */
function disorder(places: readonly Place[], reads: readonly Read[]): SpecialistResult {
  const byCall = [...places].sort((a, b) => a.operation.invokeRank - b.operation.invokeRank);
  const byReturn = [...places].sort((a, b) => a.operation.completeRank - b.operation.completeRank);
  let next = 0;
  let highest: Place | undefined;
  for (const later of byCall) {
    while (
      next < byReturn.length &&
      (byReturn[next] as Place).operation.completeRank < later.operation.invokeRank
    ) {
      const earlier = byReturn[next++] as Place;
      if (!highest || earlier.low > highest.low) highest = earlier;
    }
    if (highest && highest.low > later.high) {
      return outOfPlace(highest.operation, later.operation, reads);
    }
  }
  return { result: "linearizable" };
}

function outOfPlace(
  earlier: Operation,
  later: Operation,
  reads: readonly Read[],
): SpecialistResult {
  const culprits = [earlier, later];
  if (earlier.f === "add" && later.f === "add") {
    const key = valueKey(earlier.input);
    const witness = reads.find(({ keys }) => keys.has(valueKey(later.input)) && !keys.has(key));
    return {
      result: "not",
      culprits: witness ? [...culprits, witness.operation] : culprits,
      anomaly: "lost element",
      summary: `${show(later.input)} was read without ${show(earlier.input)}, whose add had ended before that of ${show(later.input)} began`,
    };
  }
  if (earlier.f === "add" && later.f === "read") {
    return {
      result: "not",
      culprits,
      anomaly: "lost element",
      summary: `${show(earlier.input)} had been added, yet a read that began later has it not`,
    };
  }
  if (earlier.f === "read" && later.f === "add") {
    return {
      result: "not",
      culprits,
      anomaly: "future read",
      summary: `${show(later.input)} was read before its add began`,
    };
  }
  return {
    result: "not",
    culprits,
    anomaly: "stale read",
    summary: "a read that began after another had ended saw less than that one",
  };
}

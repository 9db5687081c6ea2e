/**
 * The shapes of values that models expect. A file can contain anything: a history with a value of another
 * shape is rejected here, with the operation that contains it, before a checker fails on it.
 */
import { LightconeError } from "../base/errors.ts";
import type { History, Operation } from "../history/operation.ts";
import { numberOr, textOf } from "../history/values.ts";

interface Shape {
  /** Returns what is wrong with an operation, or `undefined` if it is valid. */
  readonly odd: (operation: Operation) => unknown;
  readonly hint: string;
}

const absent = (value: unknown): boolean => value === undefined || value === null;
const isList = (value: unknown): boolean => Array.isArray(value) || value instanceof Set;

/** Wraps invalid values, so that nil can be an invalid value as well. */
const oddOnes = (values: readonly unknown[], fits: (value: unknown) => boolean): unknown => {
  const found = values.findIndex((value) => !fits(value));
  return found < 0 ? undefined : { value: values[found] };
};

const pair: Shape = {
  odd: ({ f, input, outcome }) =>
    f === "cas" && outcome !== "fail"
      ? oddOnes([input], (value) => Array.isArray(value) && value.length === 2)
      : undefined,
  hint: "A cas is given [old, new].",
};

const microOperations: Shape = {
  odd: ({ input, output, outcome }) => {
    const told = outcome === "ok" && Array.isArray(output) ? output : input;
    return Array.isArray(told) ? oddOnes(told, Array.isArray) : undefined;
  },
  hint: 'A transaction is a list of micro-operations such as ["r", "x", 1].',
};

const answersList = (name: string): Shape => ({
  odd: ({ f, output, outcome }) =>
    f === name && outcome === "ok"
      ? oddOnes([output], (value) => absent(value) || isList(value))
      : undefined,
  hint: `A ${name} answers a list.`,
});

const isRecords = (value: unknown): boolean => Array.isArray(value) && value.every(Array.isArray);

const polls: Shape = {
  odd: ({ f, key, output, outcome }) => {
    if (f !== "poll" || outcome !== "ok" || absent(output)) return undefined;
    if (key !== undefined && Array.isArray(output)) return oddOnes([output], isRecords);
    if (output instanceof Map) return oddOnes([...output.values()], isRecords);
    return oddOnes(Object.values(output as object), isRecords);
  },
  hint: "A poll answers {key: [[offset, value], ...]}.",
};

const amounts: Shape = {
  odd: ({ f, input }) => {
    const given = numberOr(input);
    return f !== "read" && typeof given === "bigint" ? oddOnes([given], () => false) : undefined;
  },
  hint: "A counter counts within 2^53.",
};

const shapes: Readonly<Record<string, readonly Shape[]>> = {
  register: [pair],
  "cas-register": [pair],
  map: [pair],
  counter: [amounts],
  "multi-register": [microOperations],
  "set-full": [answersList("read")],
  comments: [answersList("read")],
  "total-queue": [answersList("drain")],
  log: [polls],
  "list-append": [microOperations],
  "rw-register": [microOperations],
  "closed-predicate": [microOperations],
  "long-fork": [microOperations],
};

/** Throws `LC_BAD_HISTORY` for the first operation that `model` cannot interpret. */
export function refuseShapes(model: string, history: History): void {
  for (const { odd, hint } of shapes[model] ?? []) {
    for (const operation of history.operations) {
      const found = odd(operation) as { readonly value: unknown } | undefined;
      if (found === undefined) continue;
      const value = textOf(found.value).slice(0, 60);
      throw new LightconeError(
        "LC_BAD_HISTORY",
        `operation ${operation.index}: ${value} is no value for this ${operation.f} of a ${model}`,
        hint,
      );
    }
  }
}

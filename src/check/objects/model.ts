/** What an object promises: a state machine that says which answers are right, one operation at a time. */
import type { Operation } from "../../history/operation.ts";
import { Decimal, Keyword, textOf } from "../../history/values.ts";

/**
 * A sequential object. A history is linearizable when its operations can be put in an order that real
 * time allows, in which `step` accepts each.
 *
 * @example
 * // A register in three lines.
 * const register: Model<unknown> = {
 *   name: "register",
 *   initial: () => null,
 *   step: (state, op) =>
 *     op.f === "write" ? { state: op.input } : op.output === state ? { state } : undefined,
 * };
 */
export interface Model<State = unknown> {
  readonly name: string;
  /** The first state. */
  initial(given: unknown): State;
  /**
   * What `operation` makes of `state`, or `undefined` when it cannot have been answered as it was. An
   * `info` operation has no output: any answer will do. States are never changed in place.
   */
  step(state: State, operation: Operation): { readonly state: State } | undefined;
  /** Whether two states are the same. Default: the same `hash`, which by default is their JSON. */
  equal?(a: State, b: State): boolean;
  /** A short text or number that differs for most states that differ; with no `equal`, for all. */
  hash?(state: State): string | number;
  /** The independent object that an operation speaks of, where one history holds several. */
  partition?(operation: Operation): unknown;
  /** Equal for operations that `step` cannot tell apart; default: f, input, output and outcome. */
  kind?(operation: Operation): string | number;
  /** True if the operation never changes any state: then an `info` one means nothing. */
  readOnly?(operation: Operation): boolean;
  /** True if the operation leaves no state as it is: then that need not be tried. */
  changes?(operation: Operation): boolean;
  /** True if the operation is possible in every state and makes the same state of each: a blind write. */
  overwrites?(operation: Operation): boolean;
  /** True if repeating operations leads to finitely many states: then what is left out may repeat. */
  readonly bounded?: boolean;
  /**
   * Operations of one group can be left out together, and the rest is right if it was before (all that was
   * done to one element of a queue). Evidence is made smaller by it. `undefined`: on its own.
   */
  group?(operation: Operation): unknown;
  /**
   * The same object, as far as these operations of it can tell: states that none of their answers tells
   * apart may be one. It accepts exactly what this one accepts of them.
   */
  within?(operations: readonly Operation[]): Model<State>;
  /** Leaves out operations that cannot matter to whether the others are right. */
  needed?(operations: readonly Operation[], initial: unknown): readonly Operation[];
  /**
   * An answer that no order of `operations` can explain, because nobody ever gave the object what it speaks
   * of. One pass; that it finds nothing proves nothing.
   */
  unwritten?(operations: readonly Operation[], initial: unknown): Unwritten | undefined;
  /** The operation for a person: "read -> 7". */
  describe?(operation: Operation): string;
  /** A state for a person. */
  show?(state: State): string;
}

/** An answer that cannot be, whatever the order. */
export interface Unwritten {
  /** What shows it, mostly the answer alone. */
  readonly operations: readonly Operation[];
  /** Why, in a sentence. */
  readonly summary: string;
}

/** A value in words: JSON, cut to a length. */
export function show(value: unknown): string {
  if (value === undefined || value === null) return "nil";
  if (value instanceof Set) return show([...value]);
  return cut(typeof value === "string" ? value : textOf(value));
}

function cut(text: string): string {
  return text.length > 60 ? `${text.slice(0, 57)}...` : text;
}

/** A transaction's step: "append x 3", "r x [1,2]". */
function showMicro(micro: unknown): string {
  return Array.isArray(micro) ? micro.map(show).join(" ") : show(micro);
}

/** A key for a value: equal for equal values, whatever the order of an object's fields. */
export function keyOf(value: unknown): string {
  if (value === null || value === undefined) return "_";
  if (typeof value === "number") return String(value);
  if (typeof value === "string") return `"${value}`;
  if (typeof value === "boolean") return value ? "T" : "F";
  if (typeof value === "bigint") return `${value}`;
  if (value instanceof Keyword || value instanceof Decimal) return value.toString();
  if (Array.isArray(value)) return `[${value.map(partKey).join()}]`;
  if (value instanceof Set) return `#{${[...value].map(partKey).sort().join()}}`;
  // What knows its textual form (a date, an id) has no fields to go by.
  const { toJSON } = value as { toJSON?: unknown };
  if (typeof toJSON === "function") return keyOf((value as { toJSON(): unknown }).toJSON());
  const entries = value instanceof Map ? [...value] : Object.entries(value as object);
  return `{${entries
    .map(([k, v]) => `${partKey(k)}:${partKey(v)}`)
    .sort()
    .join()}}`;
}

/** The key of a part: texts are quoted, as they may hold what separates parts. */
function partKey(value: unknown): string {
  return typeof value === "string" ? JSON.stringify(value) : keyOf(value);
}

/** The operation as `describe` says it, or in general words. */
export function describeOperation(model: Model<never> | undefined, operation: Operation): string {
  const described = model?.describe?.(operation);
  const { f, input, output, outcome } = operation;
  const micros = outcome === "ok" && Array.isArray(output) ? output : input;
  const asked =
    f === "txn" && Array.isArray(micros)
      ? cut(micros.map(showMicro).join(", "))
      : input === null || input === undefined
        ? f
        : `${f} ${show(input)}`;
  const words =
    described ??
    (outcome === "ok" &&
    f !== "txn" &&
    output !== undefined &&
    output !== null &&
    keyOf(output) !== keyOf(input)
      ? `${asked} -> ${show(output)}`
      : asked);
  if (outcome === "info") return `${words}, which never answered`;
  return outcome === "fail" ? `${words}, which failed` : words;
}

/** The specification of an object: a state machine that decides which answers are valid, one operation at a time. */
import type { Operation } from "../../history/operation.ts";
import { Decimal, Keyword, textOf } from "../../history/values.ts";

/**
 * A sequential object. A history is linearizable if its operations can be put in an order that is consistent
 * with real time and in which `step` accepts each operation.
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
  /** Returns the initial state. `given` is the one that the source specifies, if any. */
  initial(given: unknown): State;
  /**
   * Returns the new state after `operation`, or `undefined` if the operation cannot have had its answer in
   * this state. An `info` operation has no output; any answer is possible. States must not be modified in
   * place.
   */
  step(state: State, operation: Operation): { readonly state: State } | undefined;
  /** Whether two states are equal. Default: the same `hash`, which by default is their JSON. */
  equal?(a: State, b: State): boolean;
  /** A short text or number that differs for most different states; without `equal`, for all. */
  hash?(state: State): string | number;
  /** The independent object that an operation concerns, if one history contains several. */
  partition?(operation: Operation): unknown;
  /** Equal for operations that `step` cannot distinguish. Default: f, input, output and outcome. */
  kind?(operation: Operation): string | number;
  /** Whether the operation never changes a state. An `info` one is then irrelevant. */
  readOnly?(operation: Operation): boolean;
  /** Whether the operation changes every state. The search then need not try it as a no-op. */
  changes?(operation: Operation): boolean;
  /** Whether the operation is possible in every state and always leads to the same state: a blind write. */
  overwrites?(operation: Operation): boolean;
  /**
   * Whether repeated operations lead to finitely many states only. Operations that are left out may then
   * repeat.
   */
  readonly bounded?: boolean;
  /**
   * Operations of one group can be left out together without making a valid remainder invalid (all
   * operations on one element of a queue). Used to minimise evidence. `undefined`: the operation is on its
   * own.
   */
  group?(operation: Operation): unknown;
  /**
   * The same object, specialised for these operations: states that none of their answers distinguish may be
   * merged. It accepts exactly the same orders of these operations.
   */
  within?(operations: readonly Operation[]): Model<State>;
  /** Removes operations that do not affect the validity of the others. */
  needed?(operations: readonly Operation[], initial: unknown): readonly Operation[];
  /**
   * Finds an answer that no order of `operations` can explain, because the value was never given to the
   * object. Takes one pass; if it finds nothing, nothing is proved.
   */
  unwritten?(operations: readonly Operation[], initial: unknown): Unwritten | undefined;
  /** Formats the operation for display: "read -> 7". */
  describe?(operation: Operation): string;
  /** Formats a state for display. */
  show?(state: State): string;
}

/** An answer that is impossible in any order. */
export interface Unwritten {
  /** The operations that show it, usually only the answer itself. */
  readonly operations: readonly Operation[];
  /** The reason, in a sentence. */
  readonly summary: string;
}

/** Formats a value: JSON, truncated. */
export function show(value: unknown): string {
  if (value === undefined || value === null) return "nil";
  if (value instanceof Set) return show([...value]);
  return cut(typeof value === "string" ? value : textOf(value));
}

function cut(text: string): string {
  return text.length > 60 ? `${text.slice(0, 57)}...` : text;
}

/** Formats a step of a transaction: "append x 3", "r x [1,2]". */
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
  // An object with its own textual form (a date, an id) may have no fields to compare.
  const { toJSON } = value as { toJSON?: unknown };
  if (typeof toJSON === "function") return keyOf((value as { toJSON(): unknown }).toJSON());
  // A map with the text "a" as a key is not an object with a field of that name.
  const isMap = value instanceof Map;
  const entries = isMap ? [...value] : Object.entries(value as object);
  return `${isMap ? "#" : ""}{${entries
    .map(([k, v]) => `${partKey(k)}:${partKey(v)}`)
    .sort()
    .join()}}`;
}

/** The key of a part. Texts are quoted, because they may contain the separator of parts. */
function partKey(value: unknown): string {
  return typeof value === "string" ? JSON.stringify(value) : keyOf(value);
}

/** The operation as `describe` formats it, or a generic description. */
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

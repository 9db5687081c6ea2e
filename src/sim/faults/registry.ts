/**
 * All faults. Each entry is a word that worlds have (`w.crash(...)`); its comment is the word's documentation.
 * The builder, the drawing, the shrinker, the stories and the format of replay files follow from this table.
 */
import { assert } from "../../base/errors.ts";
import { clock } from "./clock.ts";
import { crash } from "./crash.ts";
import type { FaultKind, FaultWord } from "./kind.ts";
import { latency } from "./latency.ts";
import { loss } from "./loss.ts";
import { partition } from "./partition.ts";
import { pause } from "./pause.ts";

/** The words by name. */
export const faultWords = {
  /** A process dies and loses its memory, or its machine loses power. It starts again afterwards. */
  crash: crash as typeof crash,
  /** A process stops, as in a long garbage collection. Its sockets stay open. */
  pause: pause as typeof pause,
  /** A wall clock jumps or drifts. */
  clock: clock as typeof clock,
  /**
   * Hosts cannot reach each other, in one or both directions: one host is isolated, or the hosts are split
   * in two.
   */
  partition: partition as typeof partition,
  /** Links become slow. */
  latency: latency as typeof latency,
  /** Links lose segments. */
  loss: loss as typeof loss,
} as const;

/** The name of a word. */
export type FaultWordName = keyof typeof faultWords;

const words: Readonly<Record<string, FaultWord<object, never>>> = faultWords;

const kinds = new Map<string, FaultKind>(
  Object.values(words).flatMap((word) => word.kinds.map((kind) => [kind.name, kind] as const)),
);

/** The names of all words, in the order of the table. */
export const faultWordNames: readonly string[] = Object.keys(words);

/** The word with a name, or `undefined`. */
export function findFaultWord(name: string): FaultWord<object, never> | undefined {
  return Object.hasOwn(words, name) ? words[name] : undefined;
}

/** The kind with a name, or `undefined`: schedules may come from files. */
export function findFaultKind(name: string): FaultKind | undefined {
  return kinds.get(name);
}

/** The kind of a fault whose kind is known to exist. */
export function faultKind(name: string): FaultKind {
  const kind = kinds.get(name);
  assert(kind, `there is no kind of fault ${name}`);
  return kind;
}

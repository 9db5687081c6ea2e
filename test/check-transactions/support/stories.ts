/** Small histories with the anomalies that they show, as data: for the tests, and for planted bugs. */
import type { DataType } from "../../../src/check/transactions/table.ts";

/** A history as text, a level, and what is found of it. */
export interface Story {
  readonly title: string;
  readonly type: DataType;
  readonly level: string;
  readonly text: string;
  readonly anomalies: readonly string[];
  /** What the user vouches for, of registers. */
  readonly assume?: "linearizableKeys" | "sequentialKeys" | "wfrKeys";
}

function list(title: string, text: string, level: string, ...anomalies: string[]): Story {
  return { title, type: "append", level, text, anomalies };
}

function register(title: string, text: string, level: string, ...anomalies: string[]): Story {
  return { title, type: "register", level, text, anomalies };
}

const strict = "strict-serializable";

/** One or two of each anomaly, and their innocent twins. */
export const stories: readonly Story[] = [
  list(
    "G0: two transactions overwrite each other in opposite orders",
    "0: append x 1, append y 1\n1: append x 2, append y 2\n2: r x [1 2], r y [2 1]",
    "read-committed",
    "G0",
  ),
  list(
    "G1a: a read of what was aborted",
    "0: append x 1 !\n1: r x [1]",
    "read-committed",
    "G1a",
    "empty-transaction-graph",
  ),
  list(
    "G1b: a read of an intermediate state",
    "0: append x 1, append x 2\n1: r x [1]\n2: r x [1 2]",
    "read-committed",
    "G1b",
  ),
  list(
    "G1c: two transactions read each other",
    "0: append x 1, r y [1]\n1: append y 1, r x [1]",
    "read-committed",
    "G1c",
  ),
  list(
    "G-single: one write of a transaction is seen, and another missed",
    "0: append x 1, append y 1\n1: r x [1], r y []",
    "serializable",
    "G-single-item",
  ),
  list(
    "G-nonadjacent: a long fork",
    "0: append x 1\n1: append y 1\n2: r x [1], r y []\n3: r x [], r y [1]",
    "serializable",
    "G-nonadjacent-item",
  ),
  list(
    "G2-item: a write skew",
    "0: r x [], append y 1\n1: r y [], append x 1",
    "serializable",
    "G2-item",
  ),
  list(
    "a write skew is snapshot isolated",
    "0: r x [], append y 1\n1: r y [], append x 1",
    "snapshot-isolation",
  ),
  list(
    "G-single-process: a session misses its own append",
    "0: append x 1\n0: r x []",
    "strong-session-serializable",
    "G-single-item-process",
  ),
  list(
    "G-single-realtime: a stale read",
    "0: append x 1\n1: r x []",
    strict,
    "G-single-item-realtime",
  ),
  list("a stale read is serializable", "0: append x 1\n1: r x []", "serializable"),
  list(
    "G0-realtime: appends against real time",
    "0: append x 1\n1: append x 2\n2: r x [2 1]",
    "strong-read-committed",
    "G0-realtime",
  ),
  list("G1c-realtime: a read from the future", "0: r x [1]\n1: append x 1", strict, "G1c-realtime"),
  list(
    "internal: an own append is not read",
    "0: append x 1, r x []",
    "read-atomic",
    "internal",
    "empty-transaction-graph",
  ),
  list(
    "internal: a second read differs from the first",
    "0: append x 1\n1: r x [], r x [1]",
    "read-atomic",
    "internal",
  ),
  list(
    "a read of an own append after others'",
    "0: append x 1\n1: append x 2, r x [1 2]",
    "read-atomic",
  ),
  list(
    "internal: an own append is not the last element",
    "0: append x 1\n1: append x 2, r x [1]",
    "read-atomic",
    "internal",
  ),
  list(
    "what a crashed transaction is known to have read tells the order too",
    "0: append x 1, append y 1\n1: append x 2, append y 2\n2: r x [1 2], r y [2 1] ?",
    "read-uncommitted",
    "G0",
  ),
  list(
    "future-read: a transaction reads what it will append",
    "0: r x [1], append x 1\n1: r x [1]",
    "read-committed",
    "future-read",
  ),
  list(
    "duplicate-elements: one append, read twice",
    "0: append x 1\n1: r x [1 1]",
    "read-committed",
    "duplicate-elements",
  ),
  list(
    "incompatible-order: two reads that no order of appends gives",
    "0: append x 1\n1: append x 2\n2: r x [1 2]\n3: r x [2 1]",
    "read-committed",
    "incompatible-order",
  ),
  list(
    "thin-air-read: an element that nobody appended",
    "0: append x 1\n1: r x [1 7]",
    "read-committed",
    "thin-air-read",
    "empty-transaction-graph",
  ),
  list(
    "lost-update: two read one state, and both append",
    "0: append x 1\n1: r x [1], append x 2\n2: r x [1], append x 3",
    "update-atomic",
    "lost-update",
  ),
  list(
    "dirty-update: an append on top of an aborted one",
    "0: append x 1 !\n1: append x 2\n2: r x [1 2]",
    "read-committed",
    "G1a",
    "dirty-update",
  ),
  list("a crashed transaction may not have happened", "0: append x 1 ?\n1: r x []", strict),
  list("or it may", "0: append x 1 ?\n1: r x [1]", strict),
  list(
    "but not both",
    "0: append x 1, append y 1 ?\n1: r x [1]\n2: r y []",
    strict,
    "G-single-item-realtime",
  ),
  register(
    "G1a: a read of what was aborted",
    "0: w x 1 !\n1: r x 1",
    "read-committed",
    "G1a",
    "empty-transaction-graph",
  ),
  register(
    "G1b: a read of an intermediate state",
    "0: w x 1, w x 2\n1: r x 1",
    "read-committed",
    "G1b",
    "empty-transaction-graph",
  ),
  register(
    "G1c: two transactions read each other",
    "0: w x 1, r y 1\n1: w y 1, r x 1",
    "read-committed",
    "G1c",
  ),
  register(
    "internal: an own write is not read",
    "0: w x 1, r x 2\n1: w x 2",
    "read-atomic",
    "internal",
    "empty-transaction-graph",
  ),
  register(
    "lost-update: two read one version, and both write",
    "0: w x 1\n1: r x 1, w x 2\n2: r x 1, w x 3",
    "update-atomic",
    "lost-update",
  ),
  register(
    "the first state comes before all others",
    "0: w x 1, w y 1\n1: r x 1, r y _",
    "serializable",
    "G-single-item",
  ),
  {
    ...register(
      "writes follow reads",
      "0: w x 1\n1: r x 1, w x 2, w y 1\n2: r y 1, r x 1",
      "serializable",
      "G-single-item",
    ),
    assume: "wfrKeys",
  },
  {
    ...register(
      "keys are sequential",
      "0: w x 1\n0: w x 2, w y 1\n1: r y 1, r x 1",
      "serializable",
      "G-single-item",
    ),
    assume: "sequentialKeys",
  },
  {
    ...register(
      "a linearizable key goes back",
      "0: w x 1\n1: w x 2\n2: r x 1\n3: r x 2",
      strict,
      "cyclic-versions",
    ),
    assume: "linearizableKeys",
  },
  register(
    "without an assumption nothing is inferred of it",
    "0: w x 1\n1: w x 2, w y 1\n2: r y 1, r x 1",
    "serializable",
  ),
  {
    ...register(
      "G0: keys are sequential, and two writers overwrite each other",
      "0: w x 1, w y 1\n1: w x 2, w y 2\n2: r x 1\n2: r x 2\n3: r y 2\n3: r y 1",
      "read-uncommitted",
      "G0",
    ),
    assume: "sequentialKeys",
  },
];

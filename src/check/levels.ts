/**
 * The lattice of consistency levels: one data table. What a level implies, and which anomalies it forbids
 * beyond those that its weaker levels forbid.
 *
 * After Adya's thesis ("Weak Consistency", 1999), Cerone, Bernardi and Gotsman ("A Framework for
 * Transactional Consistency Models with Atomic Visibility", 2015), Bailis and others ("Highly Available
 * Transactions", 2013), Daudjee and Salem (2004, 2006), and Elle's `consistency_model.clj`, with whose
 * judgements the transactional part agrees.
 */

/** One level of consistency. */
export interface Level {
  readonly name: string;
  /** Other names that the literature or a tool knows it by. */
  readonly aliases?: readonly string[];
  /** What it speaks of: single objects, or transactions over many. */
  readonly of: "objects" | "transactions";
  /** The levels directly below: a history that satisfies this one satisfies those. */
  readonly implies: readonly string[];
  /** The anomalies that it forbids, beyond what the implied levels forbid. */
  readonly forbids?: readonly string[];
}

/** Every level of transactions; those of single objects that they imply stand at the end. */
export const levels: readonly Level[] = [
  {
    name: "read-uncommitted",
    aliases: ["PL-1"],
    of: "transactions",
    implies: [],
    forbids: ["G0", "duplicate-elements", "cyclic-versions", "PL-1-cycle-exists"],
  },
  {
    name: "read-committed",
    aliases: ["PL-2"],
    of: "transactions",
    implies: ["read-uncommitted"],
    forbids: ["G1", "thin-air-read", "PL-2-cycle-exists"],
  },
  {
    name: "monotonic-view",
    aliases: ["PL-2L"],
    of: "transactions",
    implies: ["read-committed"],
    forbids: ["G1", "G-monotonic"],
  },
  {
    name: "monotonic-snapshot-read",
    aliases: ["PL-MSR"],
    of: "transactions",
    implies: ["read-committed"],
    forbids: ["G1", "G-MSR"],
  },
  {
    name: "cursor-stability",
    aliases: ["PL-CS"],
    of: "transactions",
    implies: ["read-committed"],
    forbids: ["G1", "G-cursor", "lost-update"],
  },
  {
    name: "monotonic-atomic-view",
    of: "transactions",
    implies: ["read-committed"],
  },
  {
    name: "consistent-view",
    aliases: ["PL-2+"],
    of: "transactions",
    implies: ["cursor-stability", "monotonic-view"],
    forbids: ["G1", "G-single"],
  },
  {
    name: "forward-consistent-view",
    aliases: ["PL-FCV"],
    of: "transactions",
    implies: ["consistent-view"],
    forbids: ["G1", "G-SIb"],
  },
  {
    name: "read-atomic",
    of: "transactions",
    implies: ["monotonic-atomic-view"],
    forbids: ["internal", "G1a", "future-read", "fractured-read"],
  },
  {
    name: "update-atomic",
    of: "transactions",
    implies: ["read-atomic"],
    forbids: ["lost-update"],
  },
  {
    name: "causal-cerone",
    aliases: ["transactional-causal"],
    of: "transactions",
    implies: ["read-atomic"],
    forbids: ["internal", "G1a", "causal-violation"],
  },
  {
    name: "prefix",
    of: "transactions",
    implies: ["causal-cerone"],
    forbids: ["internal", "G1a", "long-fork"],
  },
  {
    name: "parallel-snapshot-isolation",
    aliases: ["PSI"],
    of: "transactions",
    implies: ["causal-cerone", "update-atomic"],
    forbids: ["internal", "G1a"],
  },
  {
    name: "snapshot-isolation",
    aliases: ["PL-SI", "SI"],
    of: "transactions",
    implies: [
      "forward-consistent-view",
      "monotonic-atomic-view",
      "monotonic-snapshot-read",
      "parallel-snapshot-isolation",
      "prefix",
    ],
    forbids: ["internal", "G1", "G-SI", "G-nonadjacent", "PL-SI-cycle-exists"],
  },
  {
    name: "repeatable-read",
    aliases: ["PL-2.99"],
    of: "transactions",
    implies: ["cursor-stability", "monotonic-atomic-view"],
    forbids: ["G1", "G2-item", "PL-2.99-cycle-exists", "lost-update"],
  },
  {
    name: "update-serializable",
    aliases: ["PL-3U"],
    of: "transactions",
    implies: ["forward-consistent-view"],
    forbids: ["G1", "G-update"],
  },
  { name: "view-serializable", of: "transactions", implies: [] },
  { name: "1SR", of: "transactions", implies: [] },
  {
    name: "serializable",
    aliases: ["PL-3", "conflict-serializable", "SER"],
    of: "transactions",
    implies: ["repeatable-read", "update-serializable", "snapshot-isolation", "view-serializable"],
    forbids: ["internal", "G1", "G2", "predicate-read-miss", "PL-3-cycle-exists"],
  },
  {
    name: "session-serializable",
    of: "transactions",
    implies: ["1SR"],
  },
  {
    name: "strong-session-read-uncommitted",
    aliases: ["strong-session-PL-1"],
    of: "transactions",
    implies: ["read-uncommitted"],
    forbids: ["strong-session-PL-1-cycle-exists", "G0-process"],
  },
  {
    name: "strong-session-read-committed",
    aliases: ["strong-session-PL-2"],
    of: "transactions",
    implies: ["read-committed", "strong-session-read-uncommitted"],
    forbids: ["strong-session-PL-2-cycle-exists", "G1c-process"],
  },
  {
    name: "strong-read-uncommitted",
    aliases: ["strong-PL-1"],
    of: "transactions",
    implies: ["strong-session-read-uncommitted"],
    forbids: ["strong-PL-1-cycle-exists", "G0-realtime"],
  },
  {
    name: "strong-read-committed",
    aliases: ["strong-PL-2"],
    of: "transactions",
    implies: ["strong-session-read-committed", "strong-read-uncommitted"],
    forbids: ["strong-PL-2-cycle-exists", "G1c-realtime"],
  },
  {
    name: "strong-session-snapshot-isolation",
    of: "transactions",
    implies: ["snapshot-isolation", "strong-session-read-committed"],
    forbids: [
      "internal",
      "G1-process",
      "G-nonadjacent-process",
      "strong-session-snapshot-isolation-cycle-exists",
    ],
  },
  {
    name: "strong-session-serializable",
    of: "transactions",
    implies: ["serializable", "strong-session-snapshot-isolation"],
    forbids: ["G1-process", "G2-process", "strong-session-serializable-cycle-exists"],
  },
  {
    name: "strong-snapshot-isolation",
    aliases: ["strict-snapshot-isolation"],
    of: "transactions",
    implies: ["strong-session-snapshot-isolation", "strong-read-committed"],
    forbids: [
      "internal",
      "G1-realtime",
      "G-nonadjacent-realtime",
      "strong-snapshot-isolation-cycle-exists",
    ],
  },
  {
    name: "strict-serializable",
    aliases: ["PL-SS", "strong-serializable"],
    of: "transactions",
    implies: [
      "serializable",
      "linearizable",
      "snapshot-isolation",
      "strong-snapshot-isolation",
      "strong-session-serializable",
      "session-serializable",
    ],
    forbids: ["G1", "G1c-realtime", "G2-realtime", "PL-SS-cycle-exists"],
  },
  { name: "linearizable", of: "objects", implies: ["sequential"] },
  { name: "sequential", of: "objects", implies: ["causal"] },
  { name: "causal", of: "objects", implies: ["writes-follow-reads", "PRAM"] },
  {
    name: "PRAM",
    of: "objects",
    implies: ["monotonic-reads", "monotonic-writes", "read-your-writes"],
  },
  { name: "writes-follow-reads", of: "objects", implies: [] },
  { name: "monotonic-reads", of: "objects", implies: [] },
  { name: "monotonic-writes", of: "objects", implies: [] },
  { name: "read-your-writes", of: "objects", implies: [] },
];

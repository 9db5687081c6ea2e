/**
 * The anomalies, by their established names. Those of transactions follow Adya's thesis and Elle (whose
 * names are kept, so that results can be compared); those of objects follow Bouajjani et al. 2017 (causal
 * levels) and Bailis et al. 2013 (session guarantees).
 */
import type { Anomaly } from "./schema.ts";

/** The suffixes for cycles that also use the order within each process, or real time. */
const variants = ["", "-process", "-realtime"] as const;

/** A description of each of Adya's cycles. */
const cycles: Readonly<Record<string, string>> = {
  G0: "A cycle of write-write dependencies (dirty write)",
  G1c: "A cycle of write-write and write-read dependencies (circular information flow)",
  "G-single-item": "A cycle with exactly one read-write dependency, over items read by key",
  "G-single": "A cycle with exactly one read-write dependency (read skew)",
  "G-nonadjacent-item":
    "A cycle in which no two read-write dependencies stand side by side, over items read by key",
  "G-nonadjacent": "A cycle in which no two read-write dependencies stand side by side",
  "G2-item": "A cycle with one or more read-write dependencies, over items read by key",
  G2: "A cycle with one or more read-write dependencies",
};

const variantText = {
  "": "",
  "-process": ", where the order within a process counts as an edge too",
  "-realtime": ", where the order in real time counts as an edge too",
} as const;

/** Adya's cycles in all three variants. */
function cycleAnomalies(): Anomaly[] {
  return variants.flatMap((variant) =>
    Object.entries(cycles).map(([name, text]): Anomaly => ({
      name: name + variant,
      of: "transactions",
      description: `${text}${variantText[variant]}.`,
    })),
  );
}

function txn(name: string, description: string): Anomaly {
  return { name, of: "transactions", description };
}

function object(name: string, description: string): Anomaly {
  return { name, of: "objects", description };
}

const named: readonly Anomaly[] = [
  txn("G1a", "A committed transaction read what an aborted one wrote (aborted read)."),
  txn("G1b", "A transaction read a value that its writer overwrote itself (intermediate read)."),
  txn("G1", "Any of G1a, G1b and G1c."),
  txn("G1-process", "Any of G1a, G1b and G1c-process."),
  txn("G1-realtime", "Any of G1a, G1b and G1c-realtime."),
  txn("internal", "A transaction's read contradicts its own earlier reads or writes."),
  txn(
    "incompatible-order",
    "Two reads of one key returned lists of which neither begins with the other.",
  ),
  txn("dirty-update", "A committed version was built on what an aborted transaction wrote."),
  txn("future-read", "A transaction read a value that it wrote only later."),
  txn("duplicate-elements", "One element stands twice in a list to which it was appended once."),
  txn("cyclic-versions", "The versions of one key are ordered in a circle."),
  txn("lost-update", "Two transactions read the same version of a key and both wrote the key."),
  txn(
    "write-skew",
    "Two transactions each read what the other overwrote, and neither saw the other's write.",
  ),
  txn("GSIa", "A transaction depends on one that did not commit before it began."),
  txn("GSIb", "A cycle with exactly one read-write edge, start order counted."),
  txn("GSI", "GSIa or GSIb."),
  txn("G-cursor", "A cycle over one key with one read-write dependency and write-write ones."),
  txn(
    "G-monotonic",
    "A read-write edge leaves one read of a transaction and a cycle re-enters it.",
  ),
  txn("G-MSR", "Two reads of one transaction come from no one snapshot that moves forward."),
  txn("G-SIb", "A cycle with one read-write edge in the start-ordered graph."),
  txn("G-SI", "G-SIa or G-SIb of Adya: what snapshot isolation forbids beyond G1."),
  txn("G-update", "A cycle of a read-only transaction with transactions that update."),
  txn("predicate-read-miss", "A predicate read missed a key of which every version matches."),
  txn(
    "fractured-read",
    "A transaction saw one write of another transaction and missed a second one.",
  ),
  txn(
    "causal-violation",
    "A read missed a write on which another value it depends on causally rests.",
  ),
  txn("long-fork", "Two readers saw two independent writes in opposite orders."),
  txn("thin-air-read", "A transaction read a value that nobody wrote."),
  object("out-of-thin-air", "A read returned a value that was never written."),
  object("no-linearization", "No order that respects real time explains all the results."),
  object("no-sequential-order", "No order that respects every session explains all the results."),
  object("cyclic-causal-order", "Session order and reads-from run in a circle (CyclicCO)."),
  object(
    "write-co-init-read",
    "A read returned the initial value although a write of that key precedes it causally (WriteCOInitRead).",
  ),
  object(
    "write-co-read",
    "A read returned a write that another one, causally between the two, had overwritten (WriteCORead).",
  ),
  object("cyclic-conflict", "Sessions need opposite orders of the same writes (CyclicCF)."),
  object(
    "write-hb-init-read",
    "In one session's view a write precedes a read of the initial value (WriteHBInitRead).",
  ),
  object("cyclic-view", "One session's reads need a circular order of writes (CyclicHB)."),
  object(
    "missing-own-write",
    "A session did not see its own earlier write (missing your writes, MYR).",
  ),
  object("non-monotonic-read", "A session saw a version and later an older one (N-MR)."),
  object(
    "non-monotonic-write",
    "A session saw a write and missed an earlier write of the same writer (N-MW).",
  ),
  object(
    "missing-dependency",
    "A session saw a write and missed one that its writer had read before (MRWD).",
  ),
  object("stale-beyond-bound", "A read returned a version older than the bound allows."),
  object("divergence", "Reads after the calm return different values of one key."),
];

/** Cycles that Elle proves to exist but could not find in the time available: one name per level. */
const proven: readonly Anomaly[] = [
  "PL-1",
  "PL-2",
  "PL-2.99",
  "PL-3",
  "PL-SI",
  "PL-SS",
  "strong-session-PL-1",
  "strong-session-PL-2",
  "strong-PL-1",
  "strong-PL-2",
  "strong-session-snapshot-isolation",
  "strong-snapshot-isolation",
  "strong-session-serializable",
].map((level) =>
  txn(`${level}-cycle-exists`, `A cycle that ${level} forbids exists; which one was not searched.`),
);

/** Every anomaly that a check may name. */
export const anomalies: readonly Anomaly[] = [...cycleAnomalies(), ...named, ...proven];

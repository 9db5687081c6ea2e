/**
 * Checks that count and compare inputs with outputs. They are linear in the history, because no order has
 * to be found. `total-queue`, `set-full` and `unique-ids` judge the same as Jepsen's checkers of those
 * names.
 */
import type { History, Operation } from "../../history/operation.ts";
import type { CheckResult } from "../checker.ts";
import type { Evidence } from "../verdict.ts";
import { isPut, isTake } from "./elements.ts";
import { tell } from "./evidence.ts";
import { keyOf, show, type Model } from "./model.ts";

const evidenceMax = 3;

const wordsOf = (name: string): Model<never> => ({ name }) as unknown as Model<never>;

interface Complaint {
  readonly operations: readonly Operation[];
  readonly anomaly: string;
  readonly summary: string;
}

function conclude(
  name: string,
  complaints: readonly Complaint[],
  details: Record<string, unknown>,
  note: string,
): CheckResult {
  if (complaints.length === 0) return { verdict: { result: "holds", note }, details };
  const evidence: Evidence[] = complaints
    .slice(0, evidenceMax)
    .map((complaint) => tell(complaint, wordsOf(name), undefined));
  return { verdict: { result: "violated", evidence }, details };
}

/** Checks that every generated id is new. */
export function checkUniqueIds(history: History): CheckResult {
  const first = new Map<string, Operation>();
  const complaints: Complaint[] = [];
  let acknowledged = 0;
  for (const operation of history.operations) {
    if (operation.outcome !== "ok") continue;
    acknowledged++;
    const key = keyOf(operation.output);
    const earlier = first.get(key);
    if (!earlier) {
      first.set(key, operation);
      continue;
    }
    complaints.push({
      operations: [earlier, operation],
      anomaly: "duplicate id",
      summary: `the id ${show(operation.output)} was given out twice`,
    });
  }
  const details = { acknowledged, duplicated: complaints.length };
  return conclude("unique-ids", complaints, details, `${acknowledged} ids, all different`);
}

/** Options for a total queue. */
export interface TotalQueueOptions {
  /**
   * Whether duplicates are allowed. Jepsen reports duplicates and accepts them, because a queue may deliver
   * at least once.
   */
  readonly duplicates?: boolean | undefined;
}

/**
 * Checks that everything that was put in comes out (`drain` empties the queue at the end), and nothing
 * else.
 */
export function checkTotalQueue(history: History, options: TotalQueueOptions): CheckResult {
  const attempted = new Map<string, Operation>();
  const confirmed = new Map<string, Operation>();
  const taken = new Map<string, Operation[]>();
  for (const operation of history.operations) {
    const { f, input, output, outcome } = operation;
    if (isPut(f) && outcome !== "fail") {
      attempted.set(keyOf(input), operation);
      if (outcome === "ok") confirmed.set(keyOf(input), operation);
    } else if (outcome === "ok" && (isTake(f) || f === "drain")) {
      const values = f === "drain" ? ((output as unknown[] | null) ?? []) : [output];
      for (const value of values) {
        if (value === null || value === undefined) continue;
        const key = keyOf(value);
        const takes = taken.get(key);
        if (takes) takes.push(operation);
        else taken.set(key, [operation]);
      }
    }
  }
  const lost = [...confirmed].filter(([key]) => !taken.has(key));
  const unexpected = [...taken].filter(([key]) => !attempted.has(key));
  const duplicated = [...taken].filter(([key, takes]) => takes.length > 1 && attempted.has(key));
  const complaints: Complaint[] = [
    ...lost.map(([, put]) => ({
      operations: [put],
      anomaly: "lost",
      summary: `${show(put.input)} went in and never came out`,
    })),
    ...unexpected.map(([, takes]) => ({
      operations: takes,
      anomaly: "unexpected value",
      summary: "something came out that nobody had put in",
    })),
  ];
  if (options.duplicates === false) {
    for (const [key, takes] of duplicated) {
      complaints.push({
        operations: [attempted.get(key) as Operation, ...takes],
        anomaly: "duplicate",
        summary: `what went in once came out ${takes.length} times`,
      });
    }
  }
  const details = {
    attempted: attempted.size,
    acknowledged: confirmed.size,
    ok: taken.size - unexpected.length,
    lost: lost.length,
    unexpected: unexpected.length,
    duplicated: duplicated.length,
  };
  return conclude("total-queue", complaints, details, `all of ${confirmed.size} elements came out`);
}

interface Fate {
  /** The rank from which it was known to be in the set: the end of its add, or of a read that returned it. */
  known: number;
  knownBy: Operation;
  /** The last reads, by invocation, that contained it and that did not. */
  present: Operation | undefined;
  absent: Operation | undefined;
}

/** Options for a full set. */
export interface SetFullOptions {
  /**
   * Whether an element, once known, must be in every later read (and not only in all reads from some point
   * on).
   */
  readonly linearizable?: boolean | undefined;
}

/** Checks a set with adds and reads of the whole set, for elements that were lost, late or duplicated. */
export function checkSetFull(history: History, options: SetFullOptions): CheckResult {
  const fates = new Map<string, Fate>();
  const reads: { operation: Operation; keys: Set<string> }[] = [];
  const complaints: Complaint[] = [];
  for (const operation of history.operations) {
    const { f, input, output, outcome } = operation;
    if (outcome !== "ok") continue;
    if (f === "add") note(fates, keyOf(input), operation);
    if (f !== "read") continue;
    const list = [...((output as Iterable<unknown> | null) ?? [])].map(keyOf);
    const keys = new Set(list);
    reads.push({ operation, keys });
    for (const key of keys) note(fates, key, operation);
    if (keys.size < list.length) {
      const twice = list.find((key, i) => list.indexOf(key) !== i) as string;
      complaints.push({
        operations: [operation],
        anomaly: "duplicate",
        summary: `one read has ${twice} twice`,
      });
    }
  }
  for (const { operation, keys } of reads) {
    for (const [key, fate] of fates) {
      if (keys.has(key)) {
        if (!fate.present || fate.present.invokeRank < operation.invokeRank)
          fate.present = operation;
      } else if (!fate.absent || fate.absent.invokeRank < operation.invokeRank)
        fate.absent = operation;
    }
  }
  const tally = { lost: 0, stable: 0, "never-read": 0, stale: 0 };
  for (const [key, fate] of fates) {
    const complaint = judgeFate(key, fate, tally, options.linearizable ?? false);
    if (complaint) complaints.push(complaint);
  }
  const details = { elements: fates.size, reads: reads.length, ...tally };
  if (complaints.length === 0 && tally.stable === 0) {
    return { verdict: { result: "unknown", why: "no element was ever read back" }, details };
  }
  return conclude("set-full", complaints, details, `${tally.stable} elements are there for good`);
}

function note(fates: Map<string, Fate>, key: string, by: Operation): void {
  const fate = fates.get(key);
  if (!fate) {
    fates.set(key, { known: by.completeRank, knownBy: by, present: undefined, absent: undefined });
  } else if (by.completeRank < fate.known) {
    fate.known = by.completeRank;
    fate.knownBy = by;
  }
}

function judgeFate(
  key: string,
  { known, knownBy, present, absent }: Fate,
  tally: Record<"lost" | "stable" | "never-read" | "stale", number>,
  linearizable: boolean,
): Complaint | undefined {
  const lastSeen = present?.invokeRank ?? -1;
  const lastMissed = absent?.invokeRank ?? -1;
  if (absent && lastSeen < lastMissed && known < lastMissed) {
    tally.lost++;
    return {
      operations: [knownBy, absent],
      anomaly: "lost element",
      summary: `${key} was in the set, and the last read that began after has it not`,
    };
  }
  if (!present || lastMissed > lastSeen) {
    tally["never-read"]++;
    return undefined;
  }
  tally.stable++;
  if (!absent || lastMissed < known) return undefined;
  tally.stale++;
  if (!linearizable) return undefined;
  return {
    operations: [knownBy, absent],
    anomaly: "stale read",
    summary: `${key} was in the set, and a read that began after has it not (later ones have)`,
  };
}

interface Claim {
  readonly term: string;
  readonly leader: string;
}

function claimOf({ output, process }: Operation): Claim | undefined {
  if (Array.isArray(output)) return { term: keyOf(output[0]), leader: keyOf(output[1] ?? process) };
  if (typeof output === "object" && output !== null) {
    const { term, leader } = output as { term?: unknown; leader?: unknown };
    return { term: keyOf(term), leader: keyOf(leader ?? process) };
  }
  return output === null || output === undefined
    ? undefined
    : { term: keyOf(output), leader: keyOf(process) };
}

/**
 * Leader election: one leader per term. `elect` (or any other f) answers `{term, leader}`, `[term,
 * leader]`, or the term alone, which claims it for the process. A process must not see terms go back.
 */
export function checkLeaderElection(history: History): CheckResult {
  const leaders = new Map<string, { leader: string; operation: Operation }>();
  const lastOf = new Map<number | string, { term: number; operation: Operation }>();
  const complaints: Complaint[] = [];
  for (const operation of history.operations) {
    const claim = operation.outcome === "ok" ? claimOf(operation) : undefined;
    if (!claim) continue;
    const { term, leader } = claim;
    const known = leaders.get(term);
    if (!known) leaders.set(term, { leader, operation });
    else if (known.leader !== leader) {
      complaints.push({
        operations: [known.operation, operation],
        anomaly: "two leaders",
        summary: `term ${term} has two leaders, ${known.leader} and ${leader}`,
      });
    }
    const number = Number(term);
    const last = lastOf.get(operation.process);
    if (last && number < last.term) {
      complaints.push({
        operations: [last.operation, operation],
        anomaly: "term went back",
        summary: `the same process saw term ${last.term} and then ${number}`,
      });
    } else if (Number.isFinite(number)) lastOf.set(operation.process, { term: number, operation });
  }
  return conclude(
    "leader-election",
    complaints,
    { terms: leaders.size },
    `${leaders.size} terms, one leader each`,
  );
}

/**
 * Jepsen's `comments`: a client that sees a write also sees all writes that completed before that write
 * began.
 */
export function checkComments(history: History): CheckResult {
  const writes = history.operations.filter(({ f, outcome }) => f === "write" && outcome !== "fail");
  const complaints: Complaint[] = [];
  for (const read of history.operations) {
    if (read.f !== "read" || read.outcome !== "ok") continue;
    const keys = new Set([...((read.output as Iterable<unknown> | null) ?? [])].map(keyOf));
    const seen = writes.filter(({ input }) => keys.has(keyOf(input)));
    const latest = seen.reduce<Operation | undefined>(
      (a, b) => (a && a.invokeRank > b.invokeRank ? a : b),
      undefined,
    );
    if (!latest) continue;
    const missed = writes.find(
      ({ input, completeRank }) => completeRank < latest.invokeRank && !keys.has(keyOf(input)),
    );
    if (!missed) continue;
    complaints.push({
      operations: [missed, latest, read],
      anomaly: "missing write",
      summary: `${show(latest.input)} was seen without ${show(missed.input)}, which was complete before it began`,
    });
  }
  return conclude(
    "comments",
    complaints,
    { writes: writes.length },
    "every read saw a past without holes",
  );
}

/**
 * Simulated stores that keep exactly the promise of one weak level, by how they replicate. Each session
 * has a replica; writes have unique values.
 */
import type { Prng } from "../../src/base/prng.ts";
import { HistoryBuilder } from "../../src/history/build.ts";
import type { History } from "../../src/history/operation.ts";

/** A write on its way. */
interface Update {
  readonly key: string;
  readonly value: number;
  readonly session: number;
  /** What its writer had applied, by session, when it wrote. */
  readonly seen: readonly number[];
  /** Lamport's clock. */
  readonly stamp: number;
}

const keys = ["x", "y", "z"];

/** Runs sessions against `write` and `read`, one operation at a time. */
function run(
  prng: Prng,
  operations: number,
  sessions: number,
  store: {
    write(session: number, key: string, value: number): void;
    read(session: number, key: string): number | null;
  },
): History {
  const builder = new HistoryBuilder();
  for (let nth = 1; nth <= operations; nth++) {
    const session = prng.below(sessions);
    const key = prng.pick(keys);
    const write = prng.chance(0.4);
    const index = builder.invoke({
      process: session,
      f: write ? "write" : "read",
      key,
      input: write ? nth : null,
    });
    if (write) {
      store.write(session, key, nth);
      builder.complete(index, "ok");
    } else builder.complete(index, "ok", { output: store.read(session, key) });
  }
  return builder.finish();
}

/** How replicas of a broadcast store differ. */
interface Broadcast {
  /** Whether an update waits for all that its writer had seen, or only for its writer's own. */
  readonly causal: boolean;
  /** What a read returns of the updates of its key that have been applied, in the order of applying. */
  choose(applied: readonly Update[], prng: Prng): Update | undefined;
}

function broadcast(prng: Prng, operations: number, kind: Broadcast): History {
  const sessions = prng.between(2, 4);
  const sent: Update[][] = Array.from({ length: sessions }, () => []);
  const applied: Update[][] = Array.from({ length: sessions }, () => []);
  const count: number[][] = sent.map(() => sent.map(() => 0));
  const stamps = sent.map(() => 0);
  const apply = (session: number, update: Update): void => {
    applied[session]?.push(update);
    (count[session] as number[])[update.session] = (count[session]?.[update.session] ?? 0) + 1;
    stamps[session] = Math.max(stamps[session] as number, update.stamp);
  };
  const deliver = (): void => {
    const session = prng.below(sessions);
    const from = prng.below(sessions);
    const next = sent[from]?.[count[session]?.[from] as number];
    if (!next) return;
    const ready = next.seen.every((seen, other) => seen <= (count[session]?.[other] as number));
    if (ready || !kind.causal) apply(session, next);
  };
  return run(prng, operations, sessions, {
    write(session, key, value) {
      const seen = [...(count[session] as number[])];
      const stamp = (stamps[session] as number) + 1;
      const update = { key, value, session, seen, stamp };
      sent[session]?.push(update);
      apply(session, update);
    },
    read(session, key) {
      for (let times = prng.below(4); times > 0; times--) deliver();
      const ofKey = (applied[session] as Update[]).filter((update) => update.key === key);
      return kind.choose(ofKey, prng)?.value ?? null;
    },
  });
}

/** Whether the writer of `later` had seen `earlier`. */
function caused(earlier: Update, later: Update): boolean {
  return (later.seen[earlier.session] as number) > (earlier.seen[earlier.session] as number);
}

const latest = (applied: readonly Update[]): Update | undefined => applied.at(-1);

const highestStamp = (applied: readonly Update[]): Update | undefined =>
  applied.toSorted((a, b) => a.stamp - b.stamp || a.session - b.session).at(-1);

const anyNewest = (applied: readonly Update[], prng: Prng): Update | undefined => {
  const newest = applied.filter((one) => !applied.some((other) => caused(one, other)));
  return newest.length > 0 ? prng.pick(newest) : undefined;
};

/** One log of writes; each session reads a prefix that only grows and holds its own writes. */
function laggingLog(prng: Prng, operations: number): History {
  const log: { key: string; value: number }[] = [];
  const position = [0, 0, 0, 0];
  return run(prng, operations, 4, {
    write(session, key, value) {
      log.push({ key, value });
      position[session] = log.length;
    },
    read(session, key) {
      const from = position[session] as number;
      position[session] = prng.between(from, Math.min(log.length, from + 3));
      const prefix = log.slice(0, position[session]);
      return prefix.findLast((one) => one.key === key)?.value ?? null;
    },
  });
}

/** Reads return anything but what the session itself has replaced. */
function ownWritesOnly(prng: Prng, operations: number): History {
  const all: { key: string; value: number; session: number }[] = [];
  return run(prng, operations, 3, {
    write: (session, key, value) => all.push({ key, value, session }),
    read(session, key) {
      const own = all.findLast((one) => one.key === key && one.session === session);
      const others = all.filter((one) => one.key === key && one.session !== session);
      const choices = [own, ...others];
      return prng.pick(choices)?.value ?? null;
    },
  });
}

/** Each session's place in the versions of each key only moves forward. */
function forwardOnly(prng: Prng, operations: number): History {
  const versions = new Map<string, number[]>(keys.map((key) => [key, []]));
  const place = new Map<string, number>();
  return run(prng, operations, 3, {
    write: (_session, key, value) => versions.get(key)?.push(value),
    read(session, key) {
      const list = versions.get(key) as number[];
      const name = `${session} ${key}`;
      const next = prng.between(place.get(name) ?? 0, list.length);
      place.set(name, next);
      return next === 0 ? null : (list[next - 1] as number);
    },
  });
}

/** Anything may be read while there is writing; then all replicas become equal. */
function convergingAtLast(prng: Prng, operations: number): History {
  const all: { key: string; value: number }[] = [];
  const last = new Map<string, number | null>();
  const builder = new HistoryBuilder();
  const perform = (session: number, f: string, key: string, value: number | null): void => {
    const index = builder.invoke({ process: session, f, key, input: f === "write" ? value : null });
    builder.complete(index, "ok", f === "read" ? { output: value } : {});
  };
  for (let nth = 1; nth <= operations; nth++) {
    const key = prng.pick(keys);
    if (prng.chance(0.5)) {
      all.push({ key, value: nth });
      perform(prng.below(3), "write", key, nth);
    } else {
      const seen = all.filter((one) => one.key === key);
      perform(prng.below(3), "read", key, seen.length > 0 ? prng.pick(seen).value : null);
    }
  }
  for (const key of keys) {
    perform(0, "write", key, operations + keys.indexOf(key) + 1);
    const written = all.filter((one) => one.key === key);
    last.set(key, written.length > 0 ? prng.pick(written).value : null);
    if (last.get(key) === null) last.set(key, operations + keys.indexOf(key) + 1);
  }
  for (let nth = 0; nth < 9; nth++) {
    const key = prng.pick(keys);
    perform(prng.below(3), "read", key, last.get(key) as number);
  }
  return builder.finish();
}

/** A store for each level: its histories satisfy the level, and often no stronger one. */
export const stores: Readonly<Record<string, (prng: Prng, operations: number) => History>> = {
  sequential: laggingLog,
  causal: (prng, operations) => broadcast(prng, operations, { causal: true, choose: latest }),
  "causal-convergence": (prng, operations) =>
    broadcast(prng, operations, { causal: true, choose: highestStamp }),
  "weak-causal": (prng, operations) =>
    broadcast(prng, operations, { causal: true, choose: anyNewest }),
  PRAM: (prng, operations) => broadcast(prng, operations, { causal: false, choose: latest }),
  "read-your-writes": ownWritesOnly,
  "monotonic-reads": forwardOnly,
  "monotonic-writes": (prng, operations) =>
    broadcast(prng, operations, { causal: false, choose: latest }),
  "writes-follow-reads": (prng, operations) =>
    broadcast(prng, operations, { causal: true, choose: latest }),
  eventual: convergingAtLast,
};

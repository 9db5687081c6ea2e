/** The subjects that are no question of order: sets, queues, logs, banks, ids, leaders, comments. */
import type { Prng } from "../../src/base/prng.ts";
import { Budget } from "../../src/check/budget.ts";
import { findChecker } from "../../src/check/registry.ts";
import { HistoryBuilder } from "../../src/history/build.ts";
import type { History, Operation } from "../../src/history/operation.ts";
import { before, withChanged } from "./simulate.ts";
import type { Subject } from "./suite.ts";

/** An operation that happens at once: asked and answered in one step. */
interface Event {
  readonly f: string;
  readonly input?: unknown;
  readonly output?: unknown;
  /** Who asks, where that matters. */
  readonly process?: number;
}

/** Turns instants into operations of several processes that overlap at random. */
function spread(prng: Prng, events: readonly Event[]): History {
  const builder = new HistoryBuilder();
  const open: { index: number; event: Event; process: number }[] = [];
  const close = (at: number): void => {
    const [{ index, event }] = open.splice(at, 1) as [(typeof open)[number]];
    builder.complete(index, "ok", { output: event.output ?? null });
  };
  for (const event of events) {
    // Up to four are open, and only the newest acts, so the order of the events is one that explains all.
    while (open.length > 0 && (open.length > 3 || prng.chance(0.6))) close(prng.below(open.length));
    const busy = open.findIndex((one) => one.process === event.process);
    if (busy >= 0) close(busy);
    const free = [0, 1, 2, 3].find((name) => !open.some((other) => other.process === name));
    const process = event.process ?? (free as number);
    const index = builder.invoke({ process, f: event.f, input: event.input ?? null });
    open.push({ index, event, process });
  }
  while (open.length > 0) close(prng.below(open.length));
  return builder.finish();
}

function judge(model: string, settings: Readonly<Record<string, unknown>> = {}) {
  return (history: History): string =>
    findChecker(model).check(history, { budget: new Budget(), settings }).verdict.result;
}

function subject(
  model: string,
  events: (prng: Prng) => Event[],
  change: (prng: Prng, history: History) => History | undefined,
  settings: Readonly<Record<string, unknown>> = {},
): Subject {
  const make = (prng: Prng): History => spread(prng, events(prng));
  return {
    name: `${model}, workload`,
    valid: make,
    broken: (prng) => change(prng, make(prng)),
    judge: judge(model, settings),
  };
}

function pick(prng: Prng, history: History, f: string): Operation | undefined {
  const found = history.operations.filter((one) => one.f === f);
  return found.length > 0 ? prng.pick(found) : undefined;
}

function setEvents(prng: Prng): Event[] {
  const items: number[] = [];
  const events = Array.from({ length: prng.between(10, 40) }, (_, nth): Event => {
    if (prng.chance(0.4)) return { f: "read", output: [...items] };
    items.push(nth);
    return { f: "add", input: nth };
  });
  return [...events, { f: "read", output: [...items] }];
}

/** An element that was read disappears from the last read, or shows in it twice. */
function breakSet(prng: Prng, history: History): History | undefined {
  const last = history.operations.findLast(({ f }) => f === "read") as Operation;
  const items = last.output as number[];
  if (items.length === 0) return undefined;
  const settled = history.operations.filter((one) => one.f === "add" && before(one, last));
  if (settled.length === 0) return undefined;
  const victim = prng.pick(settled).input as number;
  return withChanged(history, last, { output: items.filter((item) => item !== victim) });
}

function queueEvents(prng: Prng): Event[] {
  const items: number[] = [];
  const events = Array.from({ length: prng.between(10, 40) }, (_, nth): Event => {
    if (items.length > 0 && prng.chance(0.4)) {
      return { f: "dequeue", output: items.splice(prng.below(items.length), 1)[0] };
    }
    items.push(nth);
    return { f: "enqueue", input: nth };
  });
  return [...events, ...items.map((output): Event => ({ f: "dequeue", output }))];
}

/** What went in never comes out, comes out twice, or was never put in. */
function breakQueue(prng: Prng, history: History): History | undefined {
  const take = pick(prng, history, "dequeue");
  if (!take) return undefined;
  const other = pick(prng, history, "dequeue") as Operation;
  const kind = prng.below(4);
  if (kind === 0) return withChanged(history, take, undefined);
  if (kind === 3) return withAnother(history, take);
  if (kind === 1) return withChanged(history, take, { output: 9_999 });
  return other === take ? undefined : withChanged(history, take, { output: other.output });
}

/** The same operation once more, after all others. */
function withAnother({ operations }: History, one: Operation): History {
  const last = Math.max(...operations.map(({ completeRank }) => completeRank));
  const index = operations.length;
  const again = { ...one, index, process: 9, invokeRank: last + 1, completeRank: last + 2 };
  return { operations: [...operations, again] };
}

function logEvents(prng: Prng): Event[] {
  const log: number[] = [];
  const positions = [0, 0];
  const events = Array.from({ length: prng.between(10, 40) }, (_, nth): Event => {
    if (prng.chance(0.5)) {
      log.push(nth);
      return { f: "send", input: ["k", nth], output: ["k", [log.length - 1, nth]] };
    }
    const end = prng.between(positions[0] as number, log.length);
    const records = log
      .slice(positions[0], end)
      .map((value, at) => [(positions[0] as number) + at, value]);
    positions[0] = end;
    return { f: "poll", process: 4, output: { k: records } };
  });
  const rest = log.slice(positions[0]).map((value, at) => [(positions[0] as number) + at, value]);
  return [...events, { f: "poll", process: 4, output: { k: rest } }];
}

/** A polled record changes, doubles, comes from nowhere, or its send tells the offset of another. */
function breakLog(prng: Prng, history: History): History | undefined {
  const polls = history.operations.filter(
    ({ f, output }) => f === "poll" && (output as { k: unknown[] }).k.length > 0,
  );
  if (polls.length === 0) return undefined;
  const poll = prng.pick(polls);
  const records = (poll.output as { k: [number, number][] }).k;
  const at = prng.below(records.length);
  const [offset, value] = records[at] as [number, number];
  if (prng.chance(0.5)) {
    const changed = records.with(at, [offset, value + 5_000]);
    return withChanged(history, poll, { output: { k: changed } });
  }
  const send = history.operations.find(
    (one) => one.f === "send" && (one.input as unknown[])[1] === value,
  ) as Operation;
  return withChanged(history, send, { output: ["k", [offset + 1, value]] });
}

function bankEvents(prng: Prng): Event[] {
  const balances = [10, 10, 10, 10];
  const read = (): Event => ({
    f: "read",
    output: Object.fromEntries(balances.map((amount, account) => [account, amount])),
  });
  const events = Array.from({ length: prng.between(10, 40) }, (): Event => {
    const [from, to] = [prng.below(4), prng.below(4)];
    const amount = prng.between(1, 5);
    if (prng.chance(0.5) || from === to || (balances[from] as number) < amount) return read();
    balances[from] = (balances[from] as number) - amount;
    balances[to] = (balances[to] as number) + amount;
    return { f: "transfer", input: { from, to, amount } };
  });
  return [read(), ...events];
}

function breakBank(prng: Prng, history: History): History | undefined {
  const read = pick(prng, history, "read") as Operation;
  const balances = { ...(read.output as Record<string, number>) };
  const account = String(prng.below(4));
  balances[account] = (balances[account] as number) + prng.pick([1, -1, 7]);
  return withChanged(history, read, { output: balances });
}

function electionEvents(prng: Prng): Event[] {
  let term = 0;
  let leader = 0;
  return Array.from({ length: prng.between(5, 30) }, (): Event => {
    if (prng.chance(0.3)) {
      term++;
      leader = prng.below(5);
    }
    return { f: "elect", output: { term, leader: `n${leader}` } };
  });
}

/** Somebody else was told of another leader in the same term. */
function breakElection(prng: Prng, history: History): History | undefined {
  const one = prng.pick(history.operations);
  const { term } = one.output as { term: number };
  const others = history.operations.filter(
    (other) => other !== one && (other.output as { term: number }).term === term,
  );
  return others.length > 0
    ? withChanged(history, one, { output: { term, leader: "n9" } })
    : undefined;
}

function idEvents(prng: Prng): Event[] {
  return Array.from({ length: prng.between(5, 40) }, (_, nth) => ({ f: "generate", output: nth }));
}

function breakIds(prng: Prng, history: History): History | undefined {
  const one = prng.pick(history.operations);
  const other = prng.pick(history.operations);
  return one === other ? undefined : withChanged(history, one, { output: other.output });
}

/** A comment is seen without one that had been written before it began. */
function breakComments(prng: Prng, history: History): History | undefined {
  const read = pick(prng, history, "read");
  if (!read) return undefined;
  const items = read.output as number[];
  const seen = history.operations.filter(
    (one) => one.f === "write" && items.includes(one.input as number),
  );
  for (const victim of prng.shuffle(seen)) {
    if (!seen.some((other) => before(victim, other))) continue;
    return withChanged(history, read, { output: items.filter((item) => item !== victim.input) });
  }
  return undefined;
}

const commentEvents = (prng: Prng): Event[] =>
  setEvents(prng).map((event) => (event.f === "add" ? { ...event, f: "write" } : event));

/** Every subject of this file. */
export const workloadSubjects: readonly Subject[] = [
  subject("set-full", setEvents, breakSet),
  subject("total-queue", queueEvents, breakQueue, { duplicates: "forbid" }),
  subject("log", logEvents, breakLog),
  subject("bank", bankEvents, breakBank),
  subject("leader-election", electionEvents, breakElection),
  subject("unique-ids", idEvents, breakIds),
  subject("comments", commentEvents, breakComments),
];

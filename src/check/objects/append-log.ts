/**
 * An append-only log of records (as in Kafka): each key is a log in which every record has an offset.
 *
 * `send` takes `[key, value]` (or the operation's key) and answers `[key, [offset, value]]`, `[offset,
 * value]` or the offset; `poll` answers `{key: [[offset, value], ...]}`. Jepsen's transactions of
 * micro-operations (`[["send", k, [offset, v]], ["poll", {k: [[offset, v]]}]]`) are supported too. The
 * requirements follow Jepsen's kafka workload: no record is lost, duplicated, changed, invented or out of
 * order.
 */
import type { History, Operation } from "../../history/operation.ts";
import { Keyword } from "../../history/values.ts";
import type { CheckResult } from "../checker.ts";
import { tell } from "./evidence.ts";
import { keyOf, show, type Model } from "./model.ts";

interface Send {
  readonly operation: Operation;
  readonly key: string;
  readonly value: unknown;
  readonly offset: number | undefined;
}

interface Polled {
  readonly operation: Operation;
  readonly key: string;
  readonly records: readonly (readonly [number, unknown])[];
}

interface Complaint {
  readonly operations: readonly Operation[];
  readonly anomaly: string;
  readonly summary: string;
}

const words = { name: "log" } as unknown as Model<never>;

/** Judges all sends and polls of `history`. */
export function checkAppendLog(history: History): CheckResult {
  const { sends, polls } = collect(history);
  const complaints = [
    ...conflicting(sends, polls),
    ...fromNowhere(sends, polls),
    ...lost(sends, polls),
    ...reordered(sends),
    ...nonMonotonic(polls),
  ];
  const tally: Record<string, number> = {};
  for (const { anomaly } of complaints) tally[anomaly] = (tally[anomaly] ?? 0) + 1;
  const details = { sends: sends.length, polls: polls.length, anomalies: tally };
  if (complaints.length === 0) {
    return {
      verdict: { result: "holds", note: `${sends.length} sends, ${polls.length} polls` },
      details,
    };
  }
  const evidence = complaints.slice(0, 5).map((complaint) => tell(complaint, words, undefined));
  return { verdict: { result: "violated", evidence }, details };
}

function collect(history: History): { sends: Send[]; polls: Polled[] } {
  const sends: Send[] = [];
  const answers: { operation: Operation; key: unknown; answer: unknown }[] = [];
  for (const operation of history.operations) {
    const { f, input, output, outcome, key } = operation;
    const answer = outcome === "ok" ? output : undefined;
    if (f === "send" && !isMicro(input)) sends.push(sendOf(operation, key, input, answer));
    else if (f === "poll" && !isMicro(input)) {
      if (answer !== undefined) answers.push({ operation, key, answer });
    } else {
      const micros = (isMicro(answer) ? answer : isMicro(input) ? input : []) as unknown[][];
      for (const [kind, ...rest] of micros) {
        if (kind === "send")
          sends.push(
            sendOf(
              operation,
              rest[0],
              recordValue(rest[1]),
              outcome === "ok" ? rest[1] : undefined,
            ),
          );
        else if (kind === "poll" && outcome === "ok")
          answers.push({ operation, key: undefined, answer: rest[0] });
      }
    }
  }
  const logOf = fieldLog(sends);
  const polls = answers.flatMap(({ operation, key, answer }) =>
    pollsOf(operation, key, answer, logOf),
  );
  return { sends, polls };
}

function isMicro(value: unknown): boolean {
  return (
    Array.isArray(value) &&
    value.length > 0 &&
    value.every((item) => Array.isArray(item) && (item[0] === "send" || item[0] === "poll"))
  );
}

const recordValue = (record: unknown): unknown =>
  Array.isArray(record) ? (record as unknown[])[1] : record;

function sendOf(operation: Operation, key: unknown, input: unknown, answer: unknown): Send {
  let name = key;
  let value = input;
  let reply = answer;
  if (name === undefined && Array.isArray(input)) [name, value] = input as unknown[];
  if (Array.isArray(reply) && Array.isArray(reply[1])) reply = reply[1] as unknown;
  const offset = Array.isArray(reply) ? (reply as unknown[])[0] : reply;
  return {
    operation,
    key: keyOf(name),
    value,
    offset: typeof offset === "number" ? offset : undefined,
  };
}

function pollsOf(
  operation: Operation,
  key: unknown,
  answer: unknown,
  logOf: (name: string) => string,
): Polled[] {
  if (key !== undefined && Array.isArray(answer))
    return [{ operation, key: keyOf(key), records: answer as [number, unknown][] }];
  const logs: [string, unknown][] =
    answer instanceof Map
      ? [...(answer as Map<unknown, unknown>)].map(([name, records]) => [keyOf(name), records])
      : Object.entries((answer ?? {}) as object).map(([name, records]) => [logOf(name), records]);
  return logs.map(([log, records]) => ({
    operation,
    key: log,
    records: records as [number, unknown][],
  }));
}

/**
 * The log that an object's field stands for. JSON has only texts there, so 1 and "1" are the same log; an
 * object that was EDN's map has the names of keywords.
 */
function fieldLog(sends: readonly Send[]): (name: string) => string {
  const sent = new Set(sends.map(({ key }) => key));
  return (name) => {
    if (/^-?[0-9]+$/.test(name)) return name;
    const keyword = keyOf(Keyword.of(name));
    return sent.has(keyword) ? keyword : keyOf(name);
  };
}

/** Two values at one offset, or one value at two offsets. */
function conflicting(sends: readonly Send[], polls: readonly Polled[]): Complaint[] {
  const complaints: Complaint[] = [];
  const byOffset = new Map<string, { value: string; operation: Operation }>();
  const byValue = new Map<string, { offset: number; operation: Operation }>();
  const see = (operation: Operation, key: string, offset: number, value: unknown): void => {
    const text = keyOf(value);
    const there = byOffset.get(`${key} ${offset}`);
    if (!there) byOffset.set(`${key} ${offset}`, { value: text, operation });
    else if (there.value !== text) {
      complaints.push({
        operations: [there.operation, operation],
        anomaly: "inconsistent offset",
        summary: `offset ${offset} of log ${key} holds ${there.value} and ${text}`,
      });
    }
    const other = byValue.get(`${key} ${text}`);
    if (!other) byValue.set(`${key} ${text}`, { offset, operation });
    else if (other.offset !== offset) {
      complaints.push({
        operations: [other.operation, operation],
        anomaly: "duplicate",
        summary: `${show(value)} stands in log ${key} at offset ${other.offset} and at ${offset}`,
      });
    }
  };
  for (const { operation, key, offset, value } of sends) {
    if (offset !== undefined) see(operation, key, offset, value);
  }
  for (const { operation, key, records } of polls) {
    for (const [offset, value] of records) see(operation, key, offset, value);
  }
  return complaints;
}

/** Finds records that were never sent, or whose send failed. */
function fromNowhere(sends: readonly Send[], polls: readonly Polled[]): Complaint[] {
  const sent = new Map<string, Operation>();
  for (const { operation, key, value } of sends) {
    const id = `${key} ${keyOf(value)}`;
    if (!sent.has(id) || operation.outcome !== "fail") sent.set(id, operation);
  }
  const complaints: Complaint[] = [];
  for (const { operation, key, records } of polls) {
    for (const [, value] of records) {
      const send = sent.get(`${key} ${keyOf(value)}`);
      if (send && send.outcome !== "fail") continue;
      complaints.push({
        operations: send ? [send, operation] : [operation],
        anomaly: send ? "aborted read" : "unexpected value",
        summary: `${show(value)} was polled from log ${key}, ${send ? "though its send failed" : "yet nobody sent it"}`,
      });
    }
  }
  return complaints;
}

/** Finds acknowledged records that were never polled, although later offsets were. */
function lost(sends: readonly Send[], polls: readonly Polled[]): Complaint[] {
  const seen = new Set<string>();
  const furthest = new Map<string, { offset: number; operation: Operation }>();
  for (const { operation, key, records } of polls) {
    for (const [offset, value] of records) {
      seen.add(`${key} ${keyOf(value)}`);
      if (offset > (furthest.get(key)?.offset ?? -1)) furthest.set(key, { offset, operation });
    }
  }
  return sends.flatMap(({ operation, key, value, offset }) => {
    const beyond = furthest.get(key);
    if (operation.outcome !== "ok" || offset === undefined || seen.has(`${key} ${keyOf(value)}`))
      return [];
    if (!beyond || beyond.offset <= offset) return [];
    return {
      operations: [operation, beyond.operation],
      anomaly: "lost",
      summary: `${show(value)} was acknowledged at offset ${offset} of log ${key} and never polled, though offset ${beyond.offset} was`,
    };
  });
}

/** Finds records sent after another was acknowledged, but at a lower offset. */
function reordered(sends: readonly Send[]): Complaint[] {
  const complaints: Complaint[] = [];
  const byKey = new Map<string, Send[]>();
  for (const send of sends) {
    const list = byKey.get(send.key);
    if (list) list.push(send);
    else byKey.set(send.key, [send]);
  }
  for (const [key, list] of byKey) {
    const placed = list.filter(({ offset }) => offset !== undefined);
    const byReturn = [...placed].sort(
      (a, b) => a.operation.completeRank - b.operation.completeRank,
    );
    const byCall = [...placed].sort((a, b) => a.operation.invokeRank - b.operation.invokeRank);
    let next = 0;
    let highest: Send | undefined;
    for (const later of byCall) {
      while (
        next < byReturn.length &&
        (byReturn[next] as Send).operation.completeRank < later.operation.invokeRank
      ) {
        const earlier = byReturn[next++] as Send;
        if (!highest || (earlier.offset as number) > (highest.offset as number)) highest = earlier;
      }
      if (!highest || (highest.offset as number) <= (later.offset as number)) continue;
      complaints.push({
        operations: [highest.operation, later.operation],
        anomaly: "reordered",
        summary: `${show(later.value)} was sent to log ${key} after ${show(highest.value)} was acknowledged, and stands before it`,
      });
    }
  }
  return complaints;
}

/** Finds polls of one process that go back, or that skip an existing record. */
function nonMonotonic(polls: readonly Polled[]): Complaint[] {
  const complaints: Complaint[] = [];
  const offsets = new Map<string, Set<number>>();
  for (const { key, records } of polls) {
    const known = offsets.get(key) ?? new Set();
    for (const [offset] of records) known.add(offset);
    offsets.set(key, known);
  }
  const ranked = new Map(
    [...offsets].map(([key, known]) => [key, Float64Array.from(known).sort()] as const),
  );
  const last = new Map<string, { offset: number; operation: Operation }>();
  for (const { operation, key, records } of polls) {
    const id = `${keyOf(operation.process)} ${key}`;
    const known = ranked.get(key) as Float64Array;
    for (const [offset] of records) {
      const before = last.get(id);
      if (before && offset <= before.offset) {
        complaints.push({
          operations: before.operation === operation ? [operation] : [before.operation, operation],
          anomaly: "non-monotonic poll",
          summary: `one process polled offset ${before.offset} of log ${key} and then ${offset}`,
        });
      } else if (before && positionOf(known, offset) - positionOf(known, before.offset) > 1) {
        complaints.push({
          operations: before.operation === operation ? [operation] : [before.operation, operation],
          anomaly: "skipped records",
          summary: `one process polled offset ${before.offset} of log ${key} and then ${offset}, though others found records between`,
        });
      }
      last.set(id, { offset, operation });
    }
  }
  return complaints;
}

function positionOf(sorted: Float64Array, value: number): number {
  let low = 0;
  let high = sorted.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((sorted[middle] as number) < value) low = middle + 1;
    else high = middle;
  }
  return low;
}

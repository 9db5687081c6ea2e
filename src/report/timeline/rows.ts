/** Turns the chosen events of a run into the rows of a timeline: marks on lanes, arrows between them, and a text. */
import type { TraceDissector } from "../../dissect/index.ts";
import { Kind } from "../../trace/kinds.ts";
import type { PacketDetail } from "../../trace/packet.ts";
import type { Answer } from "../../viewer/model/answer.ts";
import {
  describeEvent,
  describePacket,
  operationOf,
  packetOf,
} from "../../viewer/model/describe.ts";
import type { Candidate } from "./candidates.ts";
import { Fate } from "../../viewer/model/messages.ts";
import { describeAnswer, describeRequest } from "../../viewer/model/operations.ts";
import type { Run } from "../../viewer/model/run.ts";
import { showDuration, showTime } from "../../viewer/model/words.ts";
import { detailOf } from "../../viewer/model/rows.ts";

/** What a row shows. */
export type RowTone =
  | "operation"
  | "message"
  | "lost"
  | "fault"
  | "lift"
  | "error"
  | "note"
  | "gap";

/** One row. */
export interface Row {
  readonly atNs: number;
  readonly tone: RowTone;
  /** The host of the mark, and the mark: `begin` and `end` of an operation, `up` and `down` of a process. */
  readonly host: number;
  readonly mark: "begin" | "end" | "up" | "down" | "event" | "none";
  /** For a message: the hosts that it goes to. */
  readonly to: readonly number[];
  /** The hosts that a fault concerns. */
  readonly targets: readonly number[];
  readonly who: string;
  readonly text: string;
  /** Whether it is the event in which the violation came to light. */
  readonly isAnswer: boolean;
  /** The least rank of its events. */
  readonly rank: number;
}

/** Messages of one host that say the same within this time are one row. */
const TOGETHER_NS = 5e6;
/** How many rows may lie between them. */
const JOINED_BACK = 8;
/** A message that is on its way longer than this, and much longer than the others, says so. */
const LATE_NS = 20e6;

/**
 * The rows of all candidates, in order. Messages that say the same, and that nothing in between could have led to,
 * are one row.
 */
export function rowsOf(
  run: Run,
  candidates: readonly Candidate[],
  dissector: TraceDissector,
  answer: Answer | undefined,
): Row[] {
  const resumed = resumptions(run);
  const told = new Map<number, { readonly who: string; readonly text: string }>();
  for (const { event, line } of answer?.steps ?? []) {
    // When it was asked is shown where it was.
    if (event <= 0) continue;
    const text = line.text.replace(/ \(asked at [^)]*\)$/, "").replaceAll("->", "→");
    told.set(event, { who: line.who, text });
  }
  const rows: Row[] = [];
  for (const { id, rank } of candidates) {
    const made = { ...rowOf(run, id, dissector, resumed, answer?.event === id), rank };
    const line = told.get(id);
    const row = line === undefined ? made : toldBy(run, made, line);
    if (isSaid(rows, row) || addTo(run, rows, row)) continue;
    rows.push(row);
  }
  return rows;
}

/** A row whose text is the story's. Where that is about a connection, the row is no message. */
function toldBy({ trace }: Run, row: Row, line: { who: string; text: string }): Row {
  const isOfFault = row.mark === "none" && line.who !== "fault";
  const text = isOfFault ? `${line.who} ${line.text}` : line.text;
  if (row.to.length === 0) return { ...row, text };
  const who = trace.hosts[row.host] ?? "";
  return { ...row, text, who, to: [], mark: "event", tone: "note" };
}

/** Adds a message to an earlier row that says the same. */
function addTo(run: Run, rows: Row[], row: Row): boolean {
  if (row.to.length === 0) return false;
  for (let at = rows.length - 1; at >= Math.max(0, rows.length - JOINED_BACK); at--) {
    const earlier = rows[at] as Row;
    if (row.atNs - earlier.atNs > TOGETHER_NS) return false;
    if (mayJoin(earlier, row)) {
      rows[at] = joined(run, earlier, row);
      return true;
    }
    if (mayGather(earlier, row)) {
      rows[at] = gathered(run, earlier, row);
      return true;
    }
    // What its sender did or got before stays before it.
    if ([earlier.host, ...earlier.to, ...earlier.targets].includes(row.host)) return false;
    if (earlier.host === row.to[0]) return false;
  }
  return false;
}

/** Whether the row of a fault at the same moment has said it: a crash ends a process, and its end starts one. */
function isSaid(rows: readonly Row[], row: Row): boolean {
  if (row.mark !== "up" && row.mark !== "down") return false;
  for (let at = rows.length - 1; at >= 0 && rows[at]?.atNs === row.atNs; at--) {
    const { mark, targets } = rows[at] as Row;
    if (mark === "none" && targets.includes(row.host)) return true;
  }
  return false;
}

function rowOf(
  run: Run,
  id: number,
  dissector: TraceDissector,
  resumed: ReadonlyMap<number, number>,
  isAnswer: boolean,
): Row {
  const { trace } = run;
  const row = id - 1;
  const host = trace.host[row] as number;
  const name = trace.hosts[host] || "";
  const base = {
    atNs: trace.timeNs[row] as number,
    host,
    to: [],
    targets: [],
    who: name,
    isAnswer,
    mark: "event" as const,
    rank: 0,
  };
  switch (trace.kind[row]) {
    case Kind.send:
      return { ...base, ...messageOf(run, id, dissector, resumed) };
    case Kind.invoke: {
      const bar = operationOf(run, id);
      const open = bar?.complete === 0 ? ", never answered" : "";
      const text = bar ? `${describeRequest(bar)}${open}` : "asks";
      return { ...base, who: bar?.lane ?? name, tone: "operation", mark: "begin", text };
    }
    case Kind.complete: {
      const bar = operationOf(run, id);
      const text = bar ? `${describeRequest(bar)} → ${describeAnswer(bar)}` : "is answered";
      const tone = bar?.outcome === "ok" ? "operation" : "note";
      return { ...base, who: bar?.lane ?? name, tone, mark: "end", text };
    }
    case Kind.fault:
    case Kind.heal: {
      const begins = trace.kind[row] === Kind.fault;
      const span = run.faults.find(({ began, lifted }) => (begins ? began : lifted) === id);
      const targets = (span?.targets ?? []).flatMap((target) => hostsNamed(run, target));
      const text = begins ? (span?.text ?? "a fault") : `over: ${span?.text ?? "a fault"}`;
      return {
        ...base,
        host: 0,
        who: "fault",
        tone: begins ? "fault" : "lift",
        mark: "none",
        targets,
        text,
      };
    }
    case Kind.start:
      return { ...base, tone: "lift", mark: "up", text: "starts again" };
    case Kind.exit: {
      const how = (detailOf(trace, row) as { how?: string | number } | undefined)?.how;
      const isWell = how === 0 || how === "0";
      return {
        ...base,
        tone: isWell ? "note" : "error",
        mark: "down",
        text: `process ends${how === undefined ? "" : `: ${how}`}`,
      };
    }
    case Kind.power: {
      const isOn = (detailOf(trace, row) as { on?: boolean } | undefined)?.on === true;
      return {
        ...base,
        tone: isOn ? "lift" : "error",
        mark: isOn ? "up" : "down",
        text: describeEvent(run, id),
      };
    }
    case Kind.uncaught:
    case Kind.socket:
      return { ...base, tone: "error", text: describeEvent(run, id) };
    default:
      return { ...base, tone: "note", text: describeEvent(run, id) };
  }
}

/** The hosts of a fault's target: one by its name, two for a link. */
function hostsNamed({ trace }: Run, target: string): number[] {
  return target
    .split(/\s*(?:->|<->|→|\|)\s*/)
    .map((name) => trace.hosts.indexOf(name))
    .filter((host) => host > 0);
}

function messageOf(
  run: Run,
  id: number,
  dissector: TraceDissector,
  resumed: ReadonlyMap<number, number>,
): Pick<Row, "tone" | "to" | "who" | "text"> {
  const { trace, messages } = run;
  const index = (messages.ofRow[id - 1] as number) - 1;
  const packet = packetOf(run, id) as PacketDetail;
  const to = messages.to[index] as number;
  const fate = messages.fate[index] as number;
  const end = messages.end[index] as number;
  const what = dissector.packet(id)?.summary || describePacket(packet);
  const words = [packet.repeats === undefined ? what : `${what} (sent again)`];
  const flightNs =
    end > 0 ? (trace.timeNs[end - 1] as number) - (trace.timeNs[id - 1] as number) : 0;
  const handled = resumed.get(end);
  if (fate === Fate.dropped) {
    const { reason = "lost" } = (detailOf(trace, end - 1) ?? {}) as Partial<PacketDetail>;
    words.push(`(lost: ${reason})`);
  } else if (end === 0) {
    words.push("(never arrives)");
  } else if (handled !== undefined) {
    words.push(`(waits there until ${showTime(handled)})`);
  } else if (fate === Fate.delayed || flightNs > 50 * LATE_NS) {
    words.push(`(arrives ${showDuration(flightNs)} later)`);
  } else if (fate === Fate.duplicated) {
    words.push("(arrives twice)");
  }
  const tone = fate === Fate.dropped ? "lost" : "message";
  return { tone, to: [to], who: `${packet.from} → ${packet.to}`, text: words.join(" ") };
}

/** When what arrived at a process that was paused or busy was handled, by the event of its arrival. */
function resumptions({ trace }: Run): Map<number, number> {
  const resumed = new Map<number, number>();
  for (let row = 0; row < trace.length; row++) {
    if (trace.kind[row] !== Kind.resume) continue;
    const cause = trace.cause[row] as number;
    const waitedNs =
      cause === 0 ? 0 : (trace.timeNs[row] as number) - (trace.timeNs[cause - 1] as number);
    if (waitedNs > LATE_NS) resumed.set(cause, trace.timeNs[row] as number);
  }
  return resumed;
}

/** A host sends the same to several. */
function mayJoin(last: Row, row: Row): boolean {
  return (
    isArrow(last) &&
    row.tone === last.tone &&
    row.host === last.host &&
    row.text === last.text &&
    row.atNs - last.atNs <= TOGETHER_NS &&
    row.to.every((to) => !last.to.includes(to))
  );
}

function joined({ trace }: Run, last: Row, row: Row): Row {
  const to = [...last.to, ...row.to];
  const names = to.map((host) => trace.hosts[host] ?? "");
  const who = `${trace.hosts[last.host] ?? ""} → ${namesInShort(names)}`;
  return { ...last, to, who, rank: Math.min(last.rank, row.rank) };
}

/** Several hosts send the same to one: the row has the receiver as its host, and `targets` are the senders. */
function mayGather(last: Row, row: Row): boolean {
  const [from] = last.to;
  return (
    isArrow(last) &&
    row.tone === last.tone &&
    row.text === last.text &&
    last.to.length === 1 &&
    row.to.length === 1 &&
    row.to[0] === from &&
    row.atNs - last.atNs <= TOGETHER_NS &&
    row.host !== last.host &&
    !last.targets.includes(row.host)
  );
}

function gathered({ trace }: Run, last: Row, row: Row): Row {
  const targets = [...(last.targets.length > 0 ? last.targets : [last.host]), row.host];
  const names = targets.map((host) => trace.hosts[host] ?? "");
  const who = `${namesInShort(names)} → ${trace.hosts[last.to[0] as number] ?? ""}`;
  return { ...last, targets, who, rank: Math.min(last.rank, row.rank) };
}

function isArrow({ to }: Row): boolean {
  return to.length > 0;
}

/** "redis-1, 2, 4": hosts of one kind are counted on. */
function namesInShort(names: readonly string[]): string {
  const parts = names.map((name) => /^(.*?)(\d+)$/.exec(name));
  const [first] = parts;
  const isOneKind = first && parts.every((part) => part?.[1] === first[1]);
  if (!isOneKind) return names.join(", ");
  const numbers = parts.map((part) => Number(part?.[2])).sort((a, b) => a - b);
  return `${first[1]}${numbers.join(",")}`;
}

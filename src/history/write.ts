/** Writes a history in the formats that `read.ts` reads, so that other checkers can judge it as well. */
import { LightconeError } from "../base/errors.ts";
import { csvHeader, csvRow } from "./csv.ts";
import type { History, Operation } from "./operation.ts";
import type { Format } from "./read.ts";
import { Decimal, Keyword } from "./values.ts";

/** One event of a history. */
interface Event {
  readonly operation: Operation;
  readonly type: "invoke" | "ok" | "fail" | "info";
}

/** The invocations and completions of a history, in real-time order. */
function eventsOf(history: History): Event[] {
  const events: { event: Event; rank: number }[] = [];
  for (const operation of history.operations) {
    const { invokeRank, completeRank, outcome } = operation;
    events.push({ event: { operation, type: "invoke" }, rank: invokeRank });
    if (completeRank < Infinity)
      events.push({ event: { operation, type: outcome }, rank: completeRank });
    // The position of an info matters only to its own process, whose next operation comes after it.
    else events.push({ event: { operation, type: "info" }, rank: infoRank(history, operation) });
  }
  events.sort((a, b) => a.rank - b.rank);
  return events.map(({ event }) => event);
}

function infoRank(history: History, operation: Operation): number {
  for (let i = operation.index + 1; i < history.operations.length; i++) {
    const next = history.operations[i] as Operation;
    if (next.process === operation.process) return next.invokeRank - 0.5;
  }
  return Infinity;
}

/** The text of `history` in `format`. Throws `LC_CANNOT_WRITE` if the format cannot represent it. */
export function writeHistory(history: History, format: Format): string {
  if (format === "csv") return writeCsv(history);
  const lines: string[] = [];
  let index = 0;
  for (const event of eventsOf(history)) {
    if (format === "jepsen-log") lines.push(jepsenLine(event));
    else if (format === "json") lines.push(JSON.stringify(fieldsOf(event, index)));
    else lines.push(ednEvent(event, index));
    index++;
  }
  return `${lines.join("\n")}\n`;
}

function writeCsv(history: History): string {
  const rows = [csvHeader];
  for (const operation of history.operations) {
    const row = csvRow(operation);
    if (row === undefined) {
      throw new LightconeError(
        "LC_CANNOT_WRITE",
        `csv has no row for operation ${operation.index} (${operation.f}, ${operation.outcome})`,
        "Write edn or json instead.",
      );
    }
    rows.push(row);
  }
  return `${rows.join("\n")}\n`;
}

function fieldsOf({ operation, type }: Event, index: number): Record<string, unknown> {
  const invoked = type === "invoke";
  const fields: Record<string, unknown> = {
    index,
    type,
    process: operation.process,
    f: operation.f,
    value: plain(type === "ok" ? operation.output : operation.input),
  };
  if (operation.key !== undefined) fields["key"] = plain(operation.key);
  const timeNs = invoked ? operation.invokeNs : operation.completeNs;
  if (Number.isFinite(timeNs)) fields["time"] = timeNs;
  if (operation.session !== undefined) fields["session"] = operation.session;
  const event = invoked ? operation.invokeEvent : operation.completeEvent;
  if (event !== undefined) fields["event"] = event;
  if (!invoked && operation.error !== undefined) fields["error"] = operation.error;
  return fields;
}

/** Converts values that JSON cannot represent to text: bigints, maps, undefined. */
function plain(value: unknown): unknown {
  if (value === undefined) return null;
  if (typeof value === "bigint") return value.toString();
  if (value instanceof Keyword) return value.name;
  if (value instanceof Decimal) return value.value;
  if (Array.isArray(value)) return value.map(plain);
  if (value instanceof Map) return plainMap(value);
  if (value instanceof Set) return [...value].map(plain);
  if (typeof value === "object" && value !== null) {
    return Object.fromEntries(Object.entries(value).map(([k, v]) => [k, plain(v)]));
  }
  return value;
}

/** A map as an object. If a keyword and a text have the same name, the keyword keeps its colon. */
function plainMap(map: ReadonlyMap<unknown, unknown>): Record<string, unknown> {
  return Object.fromEntries(
    [...map].map(([key, value]) => [
      key instanceof Keyword && !map.has(key.name) ? key.name : String(key),
      plain(value),
    ]),
  );
}

function ednEvent(event: Event, index: number): string {
  const parts: string[] = [];
  for (const [name, value] of Object.entries(fieldsOf(event, index))) {
    const named = name === "type" || name === "f";
    const raw = name === "value" ? rawValue(event) : value;
    parts.push(`:${name} ${named ? keyword(String(value)) : edn(raw)}`);
  }
  return `{${parts.join(", ")}}`;
}

function rawValue({ operation, type }: Event): unknown {
  return type === "ok" ? operation.output : operation.input;
}

/** A value in EDN. The first name of a micro-operation (`[:append 3 1]`) is a keyword, as in Jepsen. */
export function edn(value: unknown): string {
  if (value === null || value === undefined) return "nil";
  if (typeof value === "number") {
    if (Number.isNaN(value)) return "##NaN";
    return value === Infinity ? "##Inf" : value === -Infinity ? "##-Inf" : String(value);
  }
  if (typeof value === "bigint") return `${value}N`;
  if (typeof value === "boolean") return String(value);
  if (typeof value === "string") return JSON.stringify(value);
  if (value instanceof Keyword || value instanceof Decimal) return value.toString();
  if (Array.isArray(value)) {
    const items = value.map((item, i) =>
      i === 0 && value.length > 1 && typeof item === "string" && microOperations.has(item)
        ? `:${item}`
        : edn(item),
    );
    return `[${items.join(" ")}]`;
  }
  if (value instanceof Set) return `#{${[...value].map(edn).join(" ")}}`;
  const pair = (key: string, each: unknown): string => `${key} ${edn(each)}`;
  const pairs =
    value instanceof Map
      ? [...value].map(([k, v]) => pair(edn(k), v))
      : Object.entries(value as object).map(([k, v]) => pair(ednKey(k), v));
  return `{${pairs.join(", ")}}`;
}

const microOperations = new Set(["r", "w", "append", "read", "write", "cas", "add", "inc"]);

/** A field's name as a map's key, as the reader takes it back to a field. */
function ednKey(key: string): string {
  return /^(?:0|-?[1-9][0-9]{0,14})$/.test(key) ? key : keyword(key);
}

function keyword(name: string): string {
  return /^[A-Za-z*+!_?<>=.-][\w*+!?<>=.'/#-]*$/.test(name) ? `:${name}` : JSON.stringify(name);
}

function jepsenLine({ operation, type }: Event): string {
  const { process, f, output, input } = operation;
  const head = `INFO  jepsen.util - ${String(process)}\t`;
  if (type === "info") return `${head}:info\t:${f}\t:timed-out`;
  if (f === "cas" && type === "ok")
    return `${head}${output === false ? ":fail" : ":ok"}\t:cas\t${edn(input)}`;
  return `${head}:${type}\t:${f}\t${edn(type === "ok" ? output : input)}`;
}

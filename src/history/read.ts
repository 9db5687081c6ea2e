/**
 * Reads a file of any known format into histories. The file is passed as bytes: reading it from disk (and
 * unpacking .gz) is done by the caller, because this folder is pure.
 */
import { isCsv, readCsv } from "./csv.ts";
import { EdnReader } from "./edn.ts";
import { HistoryError } from "./errors.ts";
import { describe, EventReader } from "./events.ts";
import { isJepsenLog, readJepsenLog } from "./jepsen-log.ts";
import { JsonReader } from "./json.ts";
import type { History } from "./operation.ts";
import { detectSessions, readSessions, sessionFormats, type SessionFormat } from "./sessions.ts";

/** The formats that `readHistories` knows. */
export const formats = [
  "edn",
  "json",
  "jepsen-log",
  "csv",
  "awdit",
  "isovista",
  "dbcop-bincode",
  "dbcop-json",
] as const;

/**
 * One of {@link formats}:
 *
 * - `edn`: events of Jepsen, Knossos, Elle and Porcupine's key-value logs, in one vector or list or one
 *   after another;
 * - `json`: the same in JSON, one array or one event a line; also lines of
 *   `{"model", "init", "history": [...]}`, each a history of its own;
 * - `jepsen-log`: Jepsen's log lines, as in Porcupine's etcd histories;
 * - `csv`: `client,call,ret,op,a,b,out,ok`;
 * - `awdit`, `isovista`, `dbcop-bincode`, `dbcop-json`: transactions by session, without a clock.
 */
export type Format = (typeof formats)[number];

/** Options for reading. */
export interface ReadOptions {
  /** The file's name, for messages and for detecting the format. */
  readonly name?: string;
  /** The format. By default it is detected from the name and the first bytes. */
  readonly format?: Format | undefined;
  /** Jepsen's `independent`: each value is `[key value]`; the key goes to `Operation.key`. */
  readonly independent?: boolean | undefined;
  /** Treat an `ok` without an invocation as an instantaneous operation (Elle's hand-written cases). */
  readonly lonely?: boolean | undefined;
  /** Called from time to time while events are read; may throw to stop (for example when a budget is spent). */
  readonly poll?: (() => void) | undefined;
  /** The model that will judge it: the op codes of a CSV have a different meaning for a queue. */
  readonly model?: string | undefined;
}

/** One history of a file, with the file's metadata about it. */
export interface ReadHistory {
  readonly history: History;
  /** The model that the file names, if any. */
  readonly model?: string | undefined;
  /** The initial state that the file names, if any. */
  readonly initial?: unknown;
  /** The line on which it starts, from 1. */
  readonly line: number;
  /** All other fields of its case (such as verdicts of other checkers). */
  readonly fields?: Readonly<Record<string, unknown>>;
}

/** The result of reading a file. */
export interface ReadResult {
  readonly format: Format;
  readonly histories: readonly ReadHistory[];
}

/** Reads `bytes`. Throws {@link HistoryError} if the file is malformed. */
export function readHistories(bytes: Uint8Array, options: ReadOptions = {}): ReadResult {
  const name = options.name ?? "history";
  const format = options.format ?? detect(bytes, name);
  if (format === "csv") {
    const kind = /queue|fifo|stack|bag/.test(options.model ?? name) ? "queue" : "register";
    return { format, histories: [{ history: readCsv(bytes, name, kind, options.poll), line: 1 }] };
  }
  if (format === "jepsen-log") {
    return { format, histories: [{ history: readJepsenLog(bytes, name, options.poll), line: 1 }] };
  }
  if ((sessionFormats as readonly string[]).includes(format)) {
    const history = readSessions(bytes, name, format as SessionFormat, options.poll);
    return { format, histories: [{ history, model: "rw-register", line: 1 }] };
  }
  const reader = format === "json" ? new JsonReader(bytes, name) : new EdnReader(bytes, name);
  return { format, histories: readEvents(reader, options) };
}

/** Detects the format from the first bytes, and from the name if those are ambiguous. */
export function detect(bytes: Uint8Array, name: string): Format {
  const head = new TextDecoder("latin1")
    .decode(bytes.subarray(0, 4096))
    .replace(/^\u00ef\u00bb\u00bf/, "");
  if (head.trim() === "" && bytes.length <= 4096) {
    throw new HistoryError(name, 1, 1, "the file is empty");
  }
  const bySession = detectSessions(head, name);
  if (bySession) return bySession;
  // oxlint-disable-next-line no-control-regex -- control characters are what tells text from binary
  const binary = /[\u0000-\u0008\u000e-\u001f]/.exec(head);
  if (binary) {
    const before = head.slice(0, binary.index).split("\n");
    const byte = head.charCodeAt(binary.index).toString(16).padStart(2, "0");
    throw new HistoryError(
      name,
      before.length,
      (before.at(-1) as string).length + 1,
      `byte 0x${byte}: this is a binary file, not a history`,
    );
  }
  const firstLine = head.split("\n", 1)[0] as string;
  if (isCsv(firstLine)) return "csv";
  if (isJepsenLog(firstLine) || name.endsWith(".log")) return "jepsen-log";
  if (/^\s*[[(]?\s*\{\s*:/.test(head) || /^\s*(;|#|\()/.test(head)) return "edn";
  if (/^\s*\[?\s*\{\s*"/.test(head)) return "json";
  if (/\.json(l|\.gz|l\.gz)?$/.test(name)) return "json";
  if (/\.csv(\.gz)?$/.test(name)) return "csv";
  if (/^\s*[[{]/.test(head) || /\.(edn|txt)(\.gz)?$/.test(name)) return "edn";
  throw new HistoryError(
    name,
    1,
    1,
    `starts with ${JSON.stringify(firstLine.slice(0, 32))}, like no format of histories`,
    `Name it with --format: ${formats.join(", ")}.`,
  );
}

/**
 * The place in a file of events at which the operation `index` was invoked, for messages about operations
 * that a model cannot judge. Returns `undefined` if the format has no such place.
 */
export function placeOfOperation(
  bytes: Uint8Array,
  index: number,
  options: ReadOptions = {},
): { readonly line: number; readonly column: number } | undefined {
  const name = options.name ?? "history";
  const format = options.format ?? detect(bytes, name);
  if (format !== "json" && format !== "edn") return undefined;
  const reader = format === "json" ? new JsonReader(bytes, name) : new EdnReader(bytes, name);
  const events = new EventReader(options, (message, at) => reader.error(message, at));
  let found: number | undefined;
  eachEvent(reader, (event, place) => {
    if (found !== undefined || isCase(event)) return;
    events.take(event, place);
    if (events.count > index) found = place;
  });
  return found === undefined ? undefined : reader.place(found);
}

/** Reads events in one sequence or one after another, or cases that each contain a history. */
function readEvents(reader: EdnReader | JsonReader, options: ReadOptions): ReadHistory[] {
  const complain = (message: string, place: number, hint?: string): HistoryError =>
    reader.error(message, place, hint);
  const histories: ReadHistory[] = [];
  let events: EventReader | undefined;
  let taken = 0;
  const take = (event: unknown, place: number): void => {
    if ((++taken & 255) === 0) options.poll?.();
    if (isCase(event)) {
      if (events) throw complain("a case with a history of its own among events", place);
      histories.push(readCase(event, place, reader, options));
      return;
    }
    if (histories.length > 0)
      throw complain("an event after cases with histories of their own", place);
    events ??= new EventReader(options, complain);
    events.take(event, place);
  };
  const inSequence = eachEvent(reader, take);
  if (inSequence) events ??= new EventReader(options, complain);
  if (events) histories.push({ history: (events as EventReader).finish(), line: 1 });
  if (histories.length === 0) throw complain("no event in this file", reader.at);
  return histories;
}

/** Passes all events to `take`. Returns whether they are in a sequence. */
function eachEvent(
  reader: EdnReader | JsonReader,
  take: (event: unknown, place: number) => void,
): boolean {
  const first = reader.peek();
  if (first === 0x5b || first === 0x28) {
    eachOfSequence(reader, first === 0x5b ? 0x5d : 0x29, take);
    return true;
  }
  for (;;) {
    const byte = reader.peek();
    if (byte === -1) return false;
    // Elle-cli's files end lines with a comma, as if they were in an array.
    if (byte === 0x2c) {
      reader.at++;
      continue;
    }
    const place = reader.at;
    take(reader.value(), place);
  }
}

function eachOfSequence(
  reader: EdnReader | JsonReader,
  close: number,
  take: (event: unknown, place: number) => void,
): void {
  const start = reader.at++;
  let expectValue = true;
  for (;;) {
    const byte = reader.peek();
    if (byte === close) break;
    if (byte === -1) {
      const { line, column } = reader.place(start);
      throw reader.error(
        `the file ends inside the ${reader.show(start)} opened at ${line}:${column}: is it truncated?`,
      );
    }
    if (byte === 0x2c) {
      if (expectValue) throw reader.error("an event expected, not ','");
      expectValue = true;
      reader.at++;
      continue;
    }
    if (!expectValue && reader instanceof JsonReader) {
      throw reader.error(`',' or ']' expected, not ${reader.show()}`);
    }
    const place = reader.at;
    take(reader.value(1), place);
    expectValue = false;
  }
  reader.at++;
  if (reader.peek() !== -1) throw reader.error(`${reader.show()} after the end of the history`);
}

function isCase(event: unknown): event is Record<string, unknown> {
  return (
    typeof event === "object" &&
    event !== null &&
    !Object.hasOwn(event, "type") &&
    Array.isArray((event as Record<string, unknown>)["history"])
  );
}

function readCase(
  fields: Record<string, unknown>,
  place: number,
  reader: EdnReader | JsonReader,
  options: ReadOptions,
): ReadHistory {
  const events = new EventReader(options, (message, eventIndex, hint) =>
    reader.error(`event ${eventIndex} of this history: ${message}`, place, hint),
  );
  (fields["history"] as unknown[]).forEach((event, i) => events.take(event, i));
  const { history: _, ...rest } = fields;
  return {
    history: events.finish(),
    model: typeof rest["model"] === "string" ? rest["model"] : undefined,
    initial: rest["init"],
    line: reader.place(place).line,
    fields: rest,
  };
}

/** Re-exported for callers that catch it. */
export { describe, HistoryError };

/**
 * Reads and writes complete operations as rows of `client,call,ret,op,a,b,out,ok`.
 *
 * Register: op 0 reads (`out`, -1 for no value), 1 writes `a`, 2 compares with `a` and sets `b` (`ok` tells
 * whether it was set). Queue: op 0 takes (`out`, -1 if empty), 1 puts `a`. At equal times calls come before
 * returns, so that adjacent operations overlap.
 */
import { HistoryBuilder } from "./build.ts";
import type { HistoryError } from "./errors.ts";
import type { History, Operation } from "./operation.ts";
import { Scanner, shorten } from "./scanner.ts";

const header = "client,call,ret,op,a,b,out,ok";

/** The meaning of the op codes. */
export type CsvKind = "register" | "queue";

/** Whether `line` is this format's header. */
export function isCsv(line: string): boolean {
  return line.trim().startsWith("client,call,ret,");
}

/**
 * Reads a whole file. `kind` is the meaning of the op codes. `poll` is called from time to time and may
 * throw to stop.
 */
export function readCsv(
  bytes: Uint8Array,
  name: string,
  kind: CsvKind,
  poll?: () => void,
): History {
  const scanner = new Scanner(bytes, name);
  const firstEnd = lineEndOf(bytes, 0);
  const first = scanner.decode(scanner.at, Math.min(firstEnd, 256)).trim();
  if (first !== header) {
    throw scanner.error(`the header is ${JSON.stringify(shorten(first))}, not ${header}`, 0);
  }
  const rows = readRows(scanner, firstEnd + 1, poll);
  return historyOf(rows, kind, poll, (message, place) => scanner.error(message, place));
}

/** Rows as one array of numbers, eight per row, and the start of each row. */
interface Rows {
  readonly values: Float64Array;
  readonly places: Float64Array;
  readonly count: number;
}

const width = 8;

function readRows(scanner: Scanner, start: number, poll: (() => void) | undefined): Rows {
  const { bytes } = scanner;
  let capacity = 1024;
  let values = new Float64Array(capacity * width);
  let places = new Float64Array(capacity);
  let count = 0;
  for (let at = start; at < bytes.length;) {
    const end = lineEndOf(bytes, at);
    if (end === at || (end === at + 1 && bytes[at] === 13)) {
      at = end + 1;
      continue;
    }
    if ((count & 1023) === 0) poll?.();
    if (count === capacity) {
      capacity *= 2;
      values = grown(values, capacity * width);
      places = grown(places, capacity);
    }
    places[count] = at;
    readRow(scanner, at, end, values, count * width);
    count++;
    at = end + 1;
  }
  return { values, places, count };
}

function readRow(
  scanner: Scanner,
  start: number,
  end: number,
  into: Float64Array,
  base: number,
): void {
  const { bytes } = scanner;
  let field = 0;
  for (let at = start; at <= end; field++) {
    let stop = at;
    while (stop < end && bytes[stop] !== 44 && bytes[stop] !== 13) stop++;
    if (field >= width) throw scanner.error(`more than ${width} fields in a row`, at);
    into[base + field] = field === width - 1 ? flag(scanner, at, stop) : whole(scanner, at, stop);
    at = bytes[stop] === 13 ? end + 1 : stop + 1;
  }
  if (field !== width) {
    throw scanner.error(`${field} fields in a row of ${width}: is the file truncated?`, end);
  }
}

function whole(scanner: Scanner, start: number, end: number): number {
  const { bytes } = scanner;
  let at = start;
  const negative = bytes[at] === 45;
  if (negative) at++;
  let value = 0;
  for (const first = at; at < end; at++) {
    const digit = (bytes[at] as number) - 48;
    if (digit < 0 || digit > 9 || at - first > 15) break;
    value = value * 10 + digit;
  }
  if (at !== end || end === start || (negative && end === start + 1)) {
    const text = scanner.decode(start, Math.min(end, start + 64));
    throw scanner.error(`${JSON.stringify(shorten(text))} is not a whole number`, start);
  }
  return negative ? -value : value;
}

function flag(scanner: Scanner, start: number, end: number): number {
  const text = scanner.text(start, Math.min(end, start + 16));
  if (text === "true") return 1;
  if (text === "false") return 0;
  throw scanner.error(`${JSON.stringify(shorten(text))} is not true or false`, start);
}

function historyOf(
  rows: Rows,
  kind: CsvKind,
  poll: (() => void) | undefined,
  complain: (message: string, place: number) => HistoryError,
): History {
  const { values, places, count } = rows;
  const at = (row: number, column: number): number => values[row * width + column] as number;
  for (let row = 0; row < count; row++) {
    if (at(row, 2) < at(row, 1)) {
      throw complain(
        `an operation that returns (${at(row, 2)}) before its call (${at(row, 1)})`,
        places[row] as number,
      );
    }
    if (at(row, 3) < 0 || at(row, 3) > 2 || (kind === "queue" && at(row, 3) === 2)) {
      throw complain(`no operation has the code ${at(row, 3)}`, places[row] as number);
    }
  }
  // An even number is a call, an odd one a return. Sorted by time, calls first.
  const order = new Uint32Array(count * 2);
  const timeOf = (event: number): number => at(event >> 1, 1 + (event & 1));
  for (let i = 0; i < order.length; i++) order[i] = i;
  order.sort((x, y) => timeOf(x) - timeOf(y) || (x & 1) - (y & 1) || x - y);
  const builder = new HistoryBuilder({ touching: true });
  const indexOf = new Int32Array(count);
  const returnOf = new Map<number, number>();
  let taken = 0;
  for (const event of order) {
    if ((++taken & 1023) === 0) poll?.();
    const row = event >> 1;
    const client = at(row, 0);
    if ((event & 1) === 1) {
      builder.complete(indexOf[row] as number, "ok", {
        output: answer(kind, rows, row),
        atNs: at(row, 2),
      });
      continue;
    }
    if ((returnOf.get(client) ?? -1) > at(row, 1)) {
      throw complain(
        `client ${client} calls at ${at(row, 1)}, while an operation of its own is open until ${returnOf.get(client)}`,
        places[row] as number,
      );
    }
    returnOf.set(client, at(row, 2));
    indexOf[row] = builder.invoke({ process: client, atNs: at(row, 1), ...asked(kind, rows, row) });
  }
  return builder.finish();
}

function asked(kind: CsvKind, rows: Rows, row: number): { f: string; input: unknown } {
  const op = rows.values[row * width + 3] as number;
  const a = rows.values[row * width + 4] as number;
  if (kind === "queue")
    return op === 1 ? { f: "enqueue", input: a } : { f: "dequeue", input: null };
  if (op === 0) return { f: "read", input: null };
  if (op === 1) return { f: "write", input: a };
  return { f: "cas", input: [a, rows.values[row * width + 5] as number] };
}

function answer(kind: CsvKind, rows: Rows, row: number): unknown {
  const op = rows.values[row * width + 3] as number;
  const out = rows.values[row * width + 6] as number;
  if (op === 0) return out === -1 ? null : out;
  if (op === 2) return rows.values[row * width + 7] === 1;
  return kind === "queue" ? null : rows.values[row * width + 4];
}

/** Writes complete operations as rows; `undefined` for an operation that a row cannot represent. */
export function csvRow(operation: Operation): string | undefined {
  const { f, input, output, outcome } = operation;
  if (outcome !== "ok") return undefined;
  const head = `${String(operation.process)},${operation.invokeNs},${operation.completeNs}`;
  const value = (given: unknown): string =>
    given === null || given === undefined ? "-1" : String(given);
  if (f === "read" || f === "dequeue") return `${head},0,0,0,${value(output)},false`;
  if (f === "write" || f === "enqueue") return `${head},1,${value(input)},0,0,false`;
  if (f === "cas" && Array.isArray(input)) {
    return `${head},2,${value(input[0])},${value(input[1])},0,${output !== false}`;
  }
  return undefined;
}

/** The header row. */
export const csvHeader: string = header;

function lineEndOf(bytes: Uint8Array, start: number): number {
  const end = bytes.indexOf(10, start);
  return end === -1 ? bytes.length : end;
}

function grown(array: Float64Array, length: number): Float64Array<ArrayBuffer> {
  const larger = new Float64Array(length);
  larger.set(array);
  return larger;
}

/**
 * Reads histories of transactions that are ordered by session only, without a clock: AWDIT's text,
 * IsoVista's text, and dbcop's histories in bincode (as PolySI has them) or JSON.
 *
 * Start times are unknown, so no transaction precedes one of another session in real time: `invokeRank` is
 * -1. Completions are ranked in the order of the file, which keeps each session's order.
 */
import { HistoryError } from "./errors.ts";
import type { History, Operation, Outcome } from "./operation.ts";

/** The names of these formats. */
export const sessionFormats = ["awdit", "isovista", "dbcop-bincode", "dbcop-json"] as const;

/** One of {@link sessionFormats}. */
export type SessionFormat = (typeof sessionFormats)[number];

/** Detects these formats from the first bytes; `undefined` if it is none of them. */
export function detectSessions(head: string, name: string): SessionFormat | undefined {
  if (/\.bincode(\.gz)?$/.test(name)) return "dbcop-bincode";
  if (/^\s*[rw]\(\d+,\d+,\d+,\d+\)\s*(\n|$)/.test(head)) return "isovista";
  if (/^\s*[rw] \d+ \d+\s*(\n|$)/.test(head)) return "awdit";
  if (/^\s*\{\s*"params"\s*:/.test(head)) return "dbcop-json";
  return undefined;
}

/** Called from time to time while a file is read; may throw to stop. */
type Poll = (() => void) | undefined;

/**
 * Reads a whole file. `poll` is called from time to time and may throw to stop. Throws {@link
 * HistoryError}.
 */
export function readSessions(
  bytes: Uint8Array,
  name: string,
  format: SessionFormat,
  poll?: () => void,
): History {
  if (format === "dbcop-bincode") return readBincode(bytes, name, poll);
  if (format === "dbcop-json") return readDbcopJson(bytes, name, poll);
  return format === "awdit" ? readAwdit(bytes, name, poll) : readIsovista(bytes, name, poll);
}

/** The maximum line length. Longer lines do not occur in these formats. */
const lineBytesMax = 4_096;

/** The non-empty lines of a file, trimmed, with their number from 0. */
function* linesOf(bytes: Uint8Array, poll: Poll): Generator<readonly [number, string]> {
  const decoder = new TextDecoder();
  let row = 0;
  for (let start = 0; start < bytes.length; row++) {
    if ((row & 255) === 0) poll?.();
    const newline = bytes.indexOf(10, start);
    const end = newline === -1 ? bytes.length : newline;
    const line = decoder.decode(bytes.subarray(start, Math.min(end, start + lineBytesMax))).trim();
    if (line !== "") yield [row, line];
    start = end + 1;
  }
}

type Mop = readonly ["r" | "w", number, number];

/** Collects transactions in the order of the file. */
class Sessions {
  readonly #operations: Operation[] = [];

  add(session: number, mops: readonly Mop[], outcome: Outcome): void {
    const index = this.#operations.length;
    this.#operations.push({
      index,
      process: session,
      f: "txn",
      input: mops.map(([f, key, value]) =>
        f === "w" || outcome === "ok" ? [f, key, value] : [f, key],
      ),
      output: outcome === "ok" ? mops : undefined,
      outcome,
      invokeNs: index,
      completeNs: index,
      invokeRank: -1,
      completeRank: outcome === "info" ? Infinity : index,
    });
  }

  finish(): History {
    return { operations: this.#operations };
  }
}

/** One `r KEY VALUE` or `w KEY VALUE` per line; `---` ends a transaction, `===` a session. */
function readAwdit(bytes: Uint8Array, name: string, poll: Poll): History {
  const sessions = new Sessions();
  let session = 0;
  let mops: Mop[] = [];
  const end = (): void => {
    if (mops.length > 0) sessions.add(session, mops, "ok");
    mops = [];
  };
  for (const [i, line] of linesOf(bytes, poll)) {
    if (/^-{3,}$/.test(line)) end();
    else if (/^={3,}$/.test(line)) {
      end();
      session++;
    } else {
      const match = /^([rw]) (\d+) (\d+)$/.exec(line);
      if (!match) throw unreadable(name, i, line, '"r KEY VALUE", "w KEY VALUE", "---" or "==="');
      mops.push([match[1] as "r" | "w", Number(match[2]), Number(match[3])]);
    }
  }
  end();
  return sessions.finish();
}

/** One `r(KEY,VALUE,SESSION,TRANSACTION)`, or the same with `w`, per line. */
function readIsovista(bytes: Uint8Array, name: string, poll: Poll): History {
  const sessions = new Sessions();
  let mops: Mop[] = [];
  let current = "";
  let session = 0;
  const end = (): void => {
    if (mops.length > 0) sessions.add(session, mops, "ok");
    mops = [];
  };
  for (const [i, line] of linesOf(bytes, poll)) {
    const match = /^([rw])\((\d+),(\d+),(\d+),(\d+)\)$/.exec(line);
    if (!match)
      throw unreadable(name, i, line, '"r(KEY,VALUE,SESSION,TRANSACTION)" or the same with w');
    const transaction = `${match[4]}/${match[5]}`;
    if (transaction !== current) end();
    current = transaction;
    session = Number(match[4]);
    mops.push([match[1] as "r" | "w", Number(match[2]), Number(match[3])]);
  }
  end();
  return sessions.finish();
}

function unreadable(name: string, row: number, line: string, expected: string): HistoryError {
  return new HistoryError(
    name,
    row + 1,
    1,
    `${JSON.stringify(line.slice(0, 40))} is none of ${expected}`,
  );
}

/** dbcop's `History` in the layout of Rust's bincode: little-endian 64-bit lengths and numbers. */
function readBincode(bytes: Uint8Array, name: string, poll: Poll): History {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  let at = 0;
  const need = (count: number): void => {
    if (at + count > bytes.length) {
      throw new HistoryError(name, 1, at + 1, "the file ends in the middle of a transaction");
    }
  };
  const number = (): number => {
    need(8);
    const value = Number(view.getBigUint64(at, true));
    at += 8;
    return value;
  };
  const flag = (): boolean => {
    need(1);
    return bytes[at++] === 1;
  };
  for (let i = 0; i < 5; i++) number();
  for (let i = 0; i < 3; i++) {
    const length = number();
    need(length);
    at += length;
  }
  const sessions = new Sessions();
  const count = number();
  for (let session = 0; session < count; session++) {
    const transactions = number();
    for (let i = 0; i < transactions; i++) {
      if ((i & 255) === 0) poll?.();
      const events = number();
      const mops: Mop[] = [];
      for (let j = 0; j < events; j++) {
        const write = flag();
        const key = number();
        const value = number();
        if (flag()) mops.push([write ? "w" : "r", key, value]);
      }
      sessions.add(session, mops, flag() ? "ok" : "fail");
    }
  }
  return sessions.finish();
}

interface DbcopEvent {
  readonly write?: boolean;
  readonly variable?: number;
  readonly version?: number;
  readonly success?: boolean;
}

/** dbcop's `History` in JSON: `{"params", ..., "data": [[{"events": [...], "success"}]]}`. */
function readDbcopJson(bytes: Uint8Array, name: string, poll: Poll): History {
  let file: { data?: unknown };
  try {
    file = JSON.parse(new TextDecoder().decode(bytes)) as { data?: unknown };
  } catch (error) {
    throw new HistoryError(name, 1, 1, `this is no JSON: ${(error as Error).message}`);
  }
  if (!Array.isArray(file.data))
    throw new HistoryError(name, 1, 1, 'no "data", a list of sessions');
  const sessions = new Sessions();
  file.data.forEach((transactions: unknown, session) => {
    poll?.();
    if (!Array.isArray(transactions)) {
      throw new HistoryError(name, 1, 1, `session ${session} is no list of transactions`);
    }
    for (const { events, success } of transactions as {
      events?: readonly DbcopEvent[];
      success?: boolean;
    }[]) {
      const mops = (events ?? [])
        .filter((event) => event.success !== false)
        .map((event): Mop => [event.write ? "w" : "r", event.variable ?? 0, event.version ?? 0]);
      sessions.add(session, mops, success === false ? "fail" : "ok");
    }
  });
  return sessions.finish();
}

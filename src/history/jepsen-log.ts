/**
 * Reads Jepsen's log lines, as in Porcupine's etcd histories:
 * `INFO  jepsen.util - 3<TAB>:invoke<TAB>:cas<TAB>[3 0]`.
 *
 * In these logs a failed cas means that the store compared and the value differed. That is an answer, so it
 * is recorded as `ok` with the output `false`. Operations that timed out may have happened: `info`.
 */
import { EdnReader } from "./edn.ts";
import { EventReader } from "./events.ts";
import type { History } from "./operation.ts";
import { nameOf } from "./values.ts";

const marker = /^(?:INFO\s+)?jepsen\.util\s+-\s+/;

/** Whether `line` looks like one of Jepsen's log lines. */
export function isJepsenLog(line: string): boolean {
  return marker.test(line);
}

/**
 * Reads a whole log; lines of other loggers are skipped. `poll` is called from time to time and may throw
 * to stop.
 */
export function readJepsenLog(bytes: Uint8Array, name: string, poll?: () => void): History {
  const reader = new EdnReader(bytes, name);
  const events = new EventReader({}, (message, place, hint) => reader.error(message, place, hint));
  let lineStart = 0;
  let seen = 0;
  let lines = 0;
  while (lineStart < bytes.length) {
    if ((++lines & 255) === 0) poll?.();
    const newline = bytes.indexOf(10, lineStart);
    const lineEnd = newline === -1 ? bytes.length : newline;
    const head = reader.text(lineStart, Math.min(lineEnd, lineStart + 40));
    const match = marker.exec(head);
    if (match) {
      reader.at = lineStart + match[0].length;
      takeLine(reader, lineEnd, lineStart, events);
      seen++;
    }
    lineStart = lineEnd + 1;
  }
  if (seen === 0) throw reader.error("no line of jepsen.util in this log", 0);
  return events.finish();
}

/** Reads `PROCESS TYPE F VALUE`, up to `lineEnd`. */
function takeLine(reader: EdnReader, lineEnd: number, place: number, events: EventReader): void {
  const next = (what: string): unknown => {
    reader.peek();
    if (reader.at >= lineEnd)
      throw reader.error(`the line ends where its ${what} should stand`, lineEnd);
    const value = reader.plainValue();
    if (reader.at > lineEnd) throw reader.error(`the line's ${what} does not end on it`, place);
    return value;
  };
  const named = (what: string): unknown => {
    const value = next(what);
    return nameOf(value) ?? value;
  };
  const process = named("process");
  const type = named("type");
  const f = named("f");
  const value = next("value");
  // After a timeout, the value field contains the error.
  const late = nameOf(value) === "timed-out";
  if (type === "fail" && f === "cas" && !late) {
    events.take({ process, type: "ok", f, value: false }, place);
  } else if (type === "ok" && f === "cas") {
    events.take({ process, type, f, value: true }, place);
  } else if (late) events.take({ process, type, f, error: nameOf(value) }, place);
  else events.take({ process, type, f, value }, place);
}

/** Operations of clients as bars: from the invocation to the answer. */
import { Kind } from "../../trace/kinds.ts";
import { answerWord } from "../../trace/answer-words.ts";
import type { Trace } from "../../trace/trace.ts";
import { detailOf } from "./rows.ts";
import { showData } from "./words.ts";

/** One operation. */
export interface OperationBar {
  /** Its position among all operations, from 0. */
  readonly index: number;
  /** The client: a host's name, with a number if the host has several operations at once. */
  readonly lane: string;
  readonly host: number;
  readonly f: string;
  readonly key: unknown;
  readonly input: unknown;
  readonly invoke: number;
  /** The event of the answer; 0 for none. */
  readonly complete: number;
  readonly fromNs: number;
  /** `Infinity` if it was never answered; the end of its process if that was earlier. */
  readonly toNs: number;
  /** "info": it may have taken effect or not. "open": no answer came. */
  readonly outcome: "ok" | "fail" | "info" | "open";
  readonly output: unknown;
  readonly error: string | undefined;
}

interface InvokeDetail {
  readonly lane: string;
  readonly f: string;
  readonly key?: unknown;
  readonly input?: unknown;
}

interface CompleteDetail {
  readonly lane: string;
  readonly outcome: "ok" | "fail" | "info";
  readonly output?: unknown;
  readonly error?: string;
}

/** Pairs the `invoke` and `complete` events of a trace. A client has one operation at a time. */
export function indexOperations(trace: Trace): OperationBar[] {
  const bars: { -readonly [Key in keyof OperationBar]: OperationBar[Key] }[] = [];
  const open = new Map<string, number>();
  /** By host number: how many of its processes are running. */
  const running = new Int32Array(trace.hosts.length);
  for (let row = 0; row < trace.length; row++) {
    const kind = trace.kind[row];
    if (kind === Kind.start || kind === Kind.exit) {
      const host = trace.host[row] as number;
      const left = ((running[host] as number) += kind === Kind.start ? 1 : -1);
      if (left > 0 || kind === Kind.start) continue;
      for (const [lane, index] of open) {
        const bar = bars[index];
        if (bar?.host !== host) continue;
        open.delete(lane);
        bar.toNs = trace.timeNs[row] as number;
        bar.outcome = "info";
        bar.error = "its process ended";
      }
    } else if (kind === Kind.invoke) {
      const { lane, f, key, input } = (detailOf(trace, row) ?? {}) as InvokeDetail;
      open.set(lane, bars.length);
      bars.push({
        index: bars.length,
        lane,
        host: trace.host[row] as number,
        f,
        key,
        input,
        invoke: row + 1,
        complete: 0,
        fromNs: trace.timeNs[row] as number,
        toNs: Infinity,
        outcome: "open",
        output: undefined,
        error: undefined,
      });
    } else if (kind === Kind.complete) {
      const { lane, outcome, output, error } = (detailOf(trace, row) ?? {}) as CompleteDetail;
      const bar = bars[open.get(lane) ?? -1];
      if (!bar) continue;
      open.delete(lane);
      bar.complete = row + 1;
      bar.toNs = trace.timeNs[row] as number;
      bar.outcome = outcome;
      bar.output = output;
      bar.error = error;
    }
  }
  return bars;
}

/** "insert n4", "write x 7". */
export function describeRequest({ f, key, input }: OperationBar): string {
  const words = [f, key, input].filter((part) => part !== undefined && part !== null);
  return words.map((word) => showData(word, 60)).join(" ");
}

/** "ok", "7", "unknown: connection closed", "no answer". */
export function describeAnswer({ f, outcome, output, error }: OperationBar): string {
  switch (outcome) {
    case "ok":
      return (
        answerWord(f, output) ??
        (output === undefined || output === null ? "ok" : showData(output, 90))
      );
    case "fail":
      return error === undefined ? "failed" : `failed: ${error}`;
    case "info":
      return error === undefined ? "unknown" : `unknown: ${error}`;
    case "open":
      return "no answer";
  }
}

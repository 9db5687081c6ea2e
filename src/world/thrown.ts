/** What a program died of, in words: what was thrown, and where in the user's own code. */
import { messageOf } from "../base/errors.ts";
import { rejectionReason } from "../node/index.ts";
import { userFrames } from "./load.ts";

/** What was thrown and nobody caught. */
export interface ThrownWords {
  /** "TypeError: fetch failed (connect ECONNREFUSED 10.0.0.2:80)", on one line. */
  readonly what: string;
  /** Where: the user's first frame, then the next ones, then where a package threw it. One line each. */
  readonly stack: readonly string[];
}

/** How many causes of an error are told. */
const CAUSES_MAX = 3;
const WHAT_MAX = 500;
/** How many places of the user's own code are told. */
const PLACES_MAX = 2;

/** Describes what nobody caught. Calls getters of the thrown value, and survives what they do. */
export function describeThrown(thrown: unknown): ThrownWords {
  const reason = rejectionReason(thrown);
  if (reason !== undefined) {
    return { what: cut(`unhandled rejection: ${firstLine(messageOf(reason.value))}`), stack: [] };
  }
  if (!(thrown instanceof Error)) {
    return { what: cut(`thrown: ${firstLine(messageOf(thrown))}`), stack: [] };
  }
  try {
    return {
      what: cut(errorWords(thrown)),
      stack: placesOf(userFrames(String(thrown.stack ?? ""))),
    };
  } catch {
    return { what: "an error that cannot be printed", stack: [] };
  }
}

/** An error's name and message, its code where the message lacks it, and its causes. */
function errorWords(error: Error): string {
  const message = firstLine(messageOf(error));
  const { code } = error as { code?: unknown };
  const coded = typeof code === "string" && !message.includes(code) ? ` (${code})` : "";
  const told = [`${error.name}: ${message}${coded}`];
  const seen = new Set<unknown>([error]);
  let { cause } = error as { cause?: unknown };
  for (let depth = 0; depth < CAUSES_MAX && cause !== undefined && !seen.has(cause); depth++) {
    seen.add(cause);
    told.push(`because of ${firstLine(messageOf(cause))}`);
    cause = (cause as { cause?: unknown } | null)?.cause;
  }
  return told.join(", ");
}

/** The user's own frames first: that a driver threw it says little of who used the driver how. */
export function placesOf(frames: readonly string[]): string[] {
  const own = frames.filter((frame) => !isPackage(frame));
  const [innermost] = frames;
  if (innermost === undefined || own.length === 0) return frames.slice(0, 1);
  const told = own.slice(0, PLACES_MAX);
  return isPackage(innermost) ? [...told, `thrown at ${innermost}`] : told;
}

function isPackage(frame: string): boolean {
  return frame.includes("node_modules/");
}

function firstLine(text: string): string {
  return text.split("\n")[0] ?? "";
}

function cut(text: string): string {
  return text.length > WHAT_MAX
    ? `${text.slice(0, WHAT_MAX)}… (${text.length.toLocaleString("en-US")} characters)`
    : text;
}

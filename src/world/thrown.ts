/** Describes why a program crashed: what was thrown, and where in the user's own code. */
import { messageOf } from "../base/errors.ts";
import { rejectionReason, rejectionStacks } from "../node/index.ts";
import { userFrames } from "./load.ts";

/** A thrown value that was not caught. */
export interface ThrownWords {
  /** "TypeError: fetch failed (connect ECONNREFUSED 10.0.0.2:80)", on one line. */
  readonly what: string;
  /**
   * Positions: the user's first frame, then the next ones, then the place in a package that threw it. One
   * line each.
   */
  readonly stack: readonly string[];
}

/** The maximum number of causes of an error that are shown. */
const CAUSES_MAX = 3;
const WHAT_MAX = 500;
/** The maximum number of positions in the user's own code that are shown. */
const PLACES_MAX = 2;

/** Describes an uncaught value. Calls getters of the thrown value, and handles their errors. */
export function describeThrown(thrown: unknown): ThrownWords {
  const reason = rejectionReason(thrown);
  if (reason !== undefined) {
    const what = cut(`unhandled rejection: ${firstLine(messageOf(reason.value))}`);
    return { what, stack: rejectionPlaces(thrown, []) };
  }
  if (!(thrown instanceof Error)) {
    const what = cut(`thrown: ${firstLine(messageOf(thrown))}`);
    return { what, stack: rejectionPlaces(thrown, []) };
  }
  try {
    const frames = userFrames(String(thrown.stack ?? ""));
    return { what: cut(errorWords(thrown)), stack: rejectionPlaces(thrown, frames) };
  } catch {
    return { what: "an error that cannot be printed", stack: [] };
  }
}

/** An error's name and message, its code if the message does not contain it, and its causes. */
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

/** Whether the positions include the user's own code. */
export function hasPlace(stack: readonly string[]): boolean {
  return stack.some((frame) => !isPackage(frame));
}

/** The positions of an error; if it has none, those of the promise that was rejected with it. */
function rejectionPlaces(thrown: unknown, frames: readonly string[]): readonly string[] {
  const places = placesOf(frames);
  if (hasPlace(places)) return places;
  for (const stack of rejectionStacks(thrown)) {
    const own = placesOf(userFrames(stack));
    if (hasPlace(own)) return [...own, ...places.map((place) => `thrown at ${place}`)];
  }
  return places;
}

/** The user's own frames come first: a frame in a driver does not show how the driver was used. */
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

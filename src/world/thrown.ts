/** What a program died of, in words: what was thrown, and where in the user's own code. */
import { messageOf } from "../base/errors.ts";
import { rejectionReason, rejectionStacks } from "../node/index.ts";
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

/** Whether the places say where in the user's own code it came from. */
export function hasPlace(stack: readonly string[]): boolean {
  return stack.some((frame) => !isPackage(frame));
}

/** The places of an error; where it has none, those of the promise that was rejected with it. */
function rejectionPlaces(thrown: unknown, frames: readonly string[]): readonly string[] {
  const places = placesOf(frames);
  if (hasPlace(places)) return places;
  for (const stack of rejectionStacks(thrown)) {
    const own = placesOf(userFrames(stack));
    if (hasPlace(own)) return [...own, ...places.map((place) => `thrown at ${place}`)];
  }
  return places;
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

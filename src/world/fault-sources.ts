/**
 * Converts the arguments of `w.crash(...)` and similar functions to fault sources, from which schedules are
 * drawn.
 */
import { LightconeError } from "../base/errors.ts";
import { FilterError } from "../filter/lexer.ts";
import { parseMessageFilter } from "../filter/match.ts";
import { isMessageField } from "./interpreter.ts";
import { type Duration, parseDurationNs, parseRangeNs, SECOND } from "../base/units.ts";
import {
  type FaultOptions,
  type FaultSource,
  type FaultWordName,
  faultWordNames,
  findFaultWord,
  type RangeNs,
} from "../sim/faults/index.ts";

const EVERY: RangeNs = { minNs: SECOND, maxNs: 30 * SECOND };

/** Creates the fault source of a word. Throws `LC_BAD_WORLD`, with what is wrong. */
export function faultSource(
  name: FaultWordName,
  targets: readonly string[],
  hosts: readonly string[],
  options: FaultOptions,
): FaultSource {
  const where = `w.${name}`;
  const word = findFaultWord(name);
  if (!word) throw bad(`there is no ${where}(...)`);
  if (targets.length === 0) {
    throw bad(`${where}(...) is described before any host`, "Describe the hosts first.");
  }
  if (word.links && hosts.length < 2) {
    throw bad(`${where}(...) needs two hosts, and there is only ${hosts[0]}`);
  }
  if (typeof options !== "object" || options === null) {
    throw bad(`${where}(...): ${JSON.stringify(options)} is not an object of options`);
  }
  const readers = Object.entries<{
    fallback: unknown;
    isFilter?: true;
    read(value: unknown, where: string): unknown;
  }>(word.options);
  const allowed = ["lasts", "every", "at", ...readers.map(([option]) => option)];
  const unknown = Object.keys(options).find((option) => !allowed.includes(option));
  if (unknown !== undefined) {
    throw bad(
      `${where}(...): no option ${JSON.stringify(unknown)}`,
      `It has ${allowed.join(", ")}.`,
    );
  }
  const { lasts, every, at, ...own } = options as FaultOptions & Readonly<Record<string, unknown>>;
  if (at !== undefined && every !== undefined) {
    throw bad(
      `${where}: at and every are both given`,
      "Faults begin at certain times, or are drawn.",
    );
  }
  const read = readers.map(([option, reader]) => {
    const value = own[option];
    const told = `${where}: ${option}`;
    const taken = value === undefined ? reader.fallback : reader.read(value, told);
    if (reader.isFilter && typeof taken === "string") refuseFields(taken, told);
    return [option, taken];
  });
  return {
    word: name,
    targets: [...targets],
    lasts: lasts === undefined ? word.lasts : parseRangeNs(lasts, `${where}: lasts`),
    every: every === undefined ? EVERY : parseRangeNs(every, `${where}: every`),
    ...(at !== undefined && { atNs: timesOf(at, `${where}: at`) }),
    options: Object.fromEntries(read),
  };
}

/** A filter of messages must name fields that messages have. */
export function refuseFields(when: string, where: string): void {
  try {
    parseMessageFilter(when, isMessageField);
  } catch (error) {
    if (!(error instanceof FilterError)) throw error;
    throw bad(
      `${where}: ${JSON.stringify(when)}: ${error.message}`,
      "Fields are those of the page about dissectors, such as redis.cmd and http.status; and from, to, port, bytes.",
    );
  }
}

function timesOf(at: Duration | readonly Duration[], where: string): number[] {
  const list = Array.isArray(at) ? (at as readonly Duration[]) : [at as Duration];
  if (list.length === 0) throw bad(`${where} is an empty list`);
  return list.map((time) => parseDurationNs(time, where)).sort((a, b) => a - b);
}

/** Checks that the arguments of `w.faults` were created by `w.crash` and similar functions. */
export function sourcesOf(sources: readonly unknown[]): FaultSource[] {
  return sources.map((source) => {
    const word = (source as FaultSource | null | undefined)?.word;
    if (word !== undefined && findFaultWord(word)) return source as FaultSource;
    const shown = typeof source === "function" ? "a function" : JSON.stringify(source);
    const words = faultWordNames.map((name) => `w.${name}(...)`).join(", ");
    throw bad(`w.faults(...): ${shown} is not a fault`, `Faults are ${words}.`);
  });
}

function bad(message: string, hint?: string): LightconeError {
  return new LightconeError("LC_BAD_WORLD", message, hint);
}

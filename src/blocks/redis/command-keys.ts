/**
 * Finds the keys and channels among the arguments of a command, and what the command does with
 * each.
 */
import type { Command } from "./command.ts";
import { factsOf, type KeySpec } from "./command-facts.ts";

/**
 * A key's position among the arguments and what is done to it: `RO`, `RW`, `OW`, `RM`, `ACCESS`,
 * `UPDATE`, ...
 */
export interface KeyPlace {
  readonly at: number;
  readonly flags: readonly string[];
}

/** Returns the keys of a command, in order. */
export function keysOf(command: Command, args: readonly string[]): string[] {
  return keyPlaces(command, args).map(({ at }) => args[at] as string);
}

/** Returns the positions of a command's keys. */
export function keyPlaces(command: Command, args: readonly string[]): KeyPlace[] {
  switch (command.name) {
    case "sort":
    case "sort_ro":
      return sortPlaces(args);
    case "set": {
      const reads = args.slice(3).some((word) => word.toUpperCase() === "GET");
      return [{ at: 1, flags: reads ? ["RW", "ACCESS", "UPDATE"] : ["OW", "UPDATE"] }];
    }
    case "bitfield":
      return [{ at: 1, flags: onlyGets(args) ? ["RO", "ACCESS"] : ["RW", "ACCESS", "UPDATE"] }];
    default:
      return factsOf(command.name).keys.flatMap((spec) => placesOf(spec, args));
  }
}

function placesOf({ flags, start, run }: KeySpec, args: readonly string[]): KeyPlace[] {
  // A shard channel is described like a key but is not one.
  if (start === undefined || run === undefined || flags.includes("NOT_KEY")) return [];
  let from: number;
  if ("index" in start) from = start.index;
  else {
    const at = args.findIndex(
      (word, place) => place >= start.from && word.toUpperCase() === start.keyword,
    );
    if (at < 0) return [];
    from = at + 1;
  }
  let end: number;
  let first = from;
  if ("countAt" in run) {
    const count = Number(args[from + run.countAt]);
    if (!Number.isInteger(count) || count < 0) return [];
    first = from + run.first;
    end = first + (count - 1) * run.step;
  } else if (run.last >= 0) {
    end = from + run.last;
  } else {
    end = args.length + run.last;
    // A limit means that only a fraction of the following arguments are keys, as in XREAD.
    if (run.limit > 1) end = from + Math.floor((args.length - from) / run.limit) - 1;
  }
  if (end >= args.length) return [];
  const places: KeyPlace[] = [];
  for (let at = first; at <= end; at += run.step) places.push({ at, flags });
  return places;
}

function sortPlaces(args: readonly string[]): KeyPlace[] {
  const places: KeyPlace[] = [{ at: 1, flags: ["RO", "ACCESS"] }];
  if (args[0]?.toLowerCase() === "sort_ro") return places;
  let store: number | undefined;
  for (let at = 2; at < args.length; at++) {
    const word = args[at]?.toUpperCase();
    if (word === "LIMIT") at += 2;
    else if (word === "GET" || word === "BY") at++;
    else if (word === "STORE" && at + 1 < args.length) store = ++at;
  }
  if (store !== undefined) places.push({ at: store, flags: ["OW", "UPDATE"] });
  return places;
}

function onlyGets(args: readonly string[]): boolean {
  for (let at = 2; at < args.length;) {
    const word = args[at]?.toUpperCase();
    if (word === "GET") at += 3;
    else if (word === "OVERFLOW") at += 2;
    else return false;
  }
  return true;
}

/** A channel's position, and whether it is a pattern. */
export interface ChannelPlace {
  readonly at: number;
  readonly pattern: boolean;
}

/** Returns the channels that a command subscribes or publishes to. */
export function channelPlaces(command: Command, args: readonly string[]): ChannelPlace[] {
  switch (command.name) {
    case "publish":
    case "spublish":
      return [{ at: 1, pattern: false }];
    case "subscribe":
    case "ssubscribe":
    case "psubscribe":
      return args.slice(1).map((_, at) => ({
        at: at + 1,
        pattern: command.name === "psubscribe",
      }));
    default:
      return [];
  }
}

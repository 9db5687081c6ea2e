/** The file that brings a violation back: what ran, with which faults, and what it should come to. */
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { basename, dirname, join, relative, resolve } from "node:path";
import { LightconeError, messageOf } from "../base/errors.ts";
import { type Fault, faultKinds } from "../sim/faults.ts";
import type { RunOutcome } from "../world/outcome.ts";
import { packageVersion } from "./version.ts";

/** The format's version. */
export const REPLAY_FORMAT = 1;

/** What the file holds. */
export interface Replay {
  readonly lightconeReplay: number;
  /** The version of Lightcone that wrote it. */
  readonly lightcone: string;
  readonly node: string;
  /** The world file, relative to this file. */
  readonly world: string;
  readonly name: string;
  readonly seed: number;
  readonly schedule: readonly Fault[];
  /** How many faults the run had before shrinking. */
  readonly faultsBefore: number;
  readonly fingerprint: string;
  readonly events: number;
  /** Digest of the code that ran. */
  readonly code: string;
  readonly violations: readonly { readonly check: string; readonly summary: string }[];
}

/** Where replay files go, below the working directory. */
export const REPLAY_DIRECTORY = ".lightcone";

/** A seed as it is shown and typed: hexadecimal. */
export function formatSeed(seed: number): string {
  return `0x${seed.toString(16)}`;
}

/** What files about one run are called: "redlock-1f3a". */
export function runName(world: string, seed: number): string {
  const name = basename(world)
    .replace(/\.[cm]?[jt]sx?$/, "")
    .replace(/\.world$/, "");
  return `${name}-${seed.toString(16)}`;
}

/** Writes the replay file of a run below `directory`; returns its path. */
export function writeReplay(options: {
  readonly directory: string;
  readonly world: string;
  readonly outcome: RunOutcome;
  readonly faultsBefore: number;
  readonly code: string;
}): string {
  const { directory, world, outcome, faultsBefore, code } = options;
  const path = join(directory, REPLAY_DIRECTORY, `${runName(world, outcome.seed)}.json`);
  mkdirSync(dirname(path), { recursive: true });
  const replay: Replay = {
    lightconeReplay: REPLAY_FORMAT,
    lightcone: packageVersion(),
    node: process.version,
    world: relative(dirname(path), world),
    name: outcome.world,
    seed: outcome.seed,
    schedule: outcome.schedule,
    faultsBefore,
    fingerprint: outcome.fingerprint,
    events: outcome.events,
    code,
    violations: outcome.violations.map(({ check, evidence }) => ({
      check,
      summary: evidence.summary,
    })),
  };
  writeFileSync(path, `${JSON.stringify(replay, null, 2)}\n`);
  return path;
}

/** Reads a replay file. Throws `LC_BAD_REPLAY`, saying what is wrong with it. */
export function readReplay(path: string): Replay & { readonly worldPath: string } {
  let value: Partial<Replay>;
  try {
    value = JSON.parse(readFileSync(path, "utf8")) as Partial<Replay>;
  } catch (error) {
    const missing = (error as NodeJS.ErrnoException).code === "ENOENT";
    throw bad(missing ? `there is no file ${path}` : `${path}: ${messageOf(error)}`);
  }
  if (typeof value !== "object" || value === null || value.lightconeReplay === undefined) {
    throw bad(`${path} is not a replay file`);
  }
  if (value.lightconeReplay !== REPLAY_FORMAT) {
    throw bad(
      `${path} has format ${value.lightconeReplay} (written by Lightcone ${value.lightcone}); this one reads format ${REPLAY_FORMAT}`,
    );
  }
  const { world, seed, schedule, fingerprint } = value;
  if (typeof world !== "string") throw bad(`${path} does not name its world`);
  if (!Number.isSafeInteger(seed) || (seed as number) < 0) throw bad(`${path} has no seed`);
  if (typeof fingerprint !== "string") throw bad(`${path} has no fingerprint`);
  if (!Array.isArray(schedule)) throw bad(`${path} has no schedule`);
  for (const [at, fault] of schedule.entries()) {
    const problem = faultProblem(fault);
    if (problem) throw bad(`${path}: fault ${at + 1} of the schedule ${problem}`);
  }
  return { ...(value as Replay), worldPath: resolve(dirname(path), world) };
}

function faultProblem(fault: Partial<Fault> | null): string | undefined {
  if (typeof fault !== "object" || fault === null) return "is no fault";
  if (!faultKinds.includes(fault.kind as never)) {
    return `is of kind ${JSON.stringify(fault.kind)}, which there is not`;
  }
  if (!Array.isArray(fault.targets)) return "has no targets";
  if (!isTime(fault.startNs) || !isTime(fault.durationNs)) return "has no proper times";
  if (typeof fault.params !== "object" || fault.params === null) return "has no parameters";
  return undefined;
}

function isTime(ns: unknown): boolean {
  return Number.isSafeInteger(ns) && (ns as number) >= 0;
}

function bad(message: string): LightconeError {
  return new LightconeError("LC_BAD_REPLAY", message);
}

/** The replay file, which reproduces a violation: the world, the seed, the faults and the expected result. */
import { existsSync, mkdirSync, readFileSync, realpathSync, statSync } from "node:fs";
import { basename, dirname, isAbsolute, join, relative, resolve, sep } from "node:path";
import { LightconeError } from "../base/errors.ts";
import { type Fault, formatSchedule, parseSchedule } from "../sim/faults/index.ts";
import { findFaultKind } from "../sim/faults/registry.ts";
import { isNames, isWhole } from "../sim/faults/valid.ts";
import type { RunOutcome } from "../world/outcome.ts";
import type { FindingRecord } from "./findings.ts";
import { replaceFile } from "./replace-file.ts";
import { packageVersion } from "./version.ts";

/** The format's version. */
export const REPLAY_FORMAT = 1;

/** The contents of the file. */
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
  /** Hosts that were not started, because the violation does not need them. Absent where there are none. */
  readonly unstarted?: readonly string[] | undefined;
  /** How many faults the run had before shrinking. */
  readonly faultsBefore: number;
  readonly fingerprint: string;
  readonly events: number;
  /** Digest of the code that ran. */
  readonly code: string;
  readonly violations: readonly { readonly check: string; readonly summary: string }[];
  /** What is known about it over campaigns. Absent in files written by earlier versions. */
  readonly finding?: FindingRecord | undefined;
}

/** The directory for replay files, below the working directory. */
export const REPLAY_DIRECTORY = ".lightcone";

/** Formats a seed as it is shown and typed: in hexadecimal. */
export function formatSeed(seed: number): string {
  return `0x${seed.toString(16)}`;
}

/** The base name of files about one run: "redlock-1f3a". */
export function runName(world: string, seed: number): string {
  const name = basename(world)
    .replace(/\.[cm]?[jt]sx?$/, "")
    .replace(/\.world$/, "");
  return `${name}-${seed.toString(16)}`;
}

/**
 * Creates the directory for replay files below `directory`; returns its path. Not `recursive`, because in
 * Node that never returns if the kernel denies a directory with ENOENT, as below /proc.
 */
export function replayDirectory(directory: string): string {
  const path = join(directory, REPLAY_DIRECTORY);
  if (!statSync(path, { throwIfNoEntry: false })?.isDirectory()) mkdirSync(path);
  return path;
}

/** Writes the replay file of a run below `directory`; returns its path. Throws Node's own errors. */
export function writeReplay(options: {
  readonly directory: string;
  readonly world: string;
  readonly outcome: RunOutcome;
  readonly faultsBefore: number;
  readonly finding?: FindingRecord | undefined;
}): string {
  const { directory, world, outcome, faultsBefore, finding } = options;
  const path = join(replayDirectory(directory), `${runName(world, outcome.seed)}.json`);
  const replay: Replay = {
    lightconeReplay: REPLAY_FORMAT,
    lightcone: packageVersion(),
    node: process.version,
    world: relative(dirname(path), world),
    name: outcome.world,
    seed: outcome.seed,
    schedule: outcome.schedule,
    unstarted: outcome.unstarted,
    faultsBefore,
    fingerprint: outcome.fingerprint,
    events: outcome.events,
    code: outcome.code,
    violations: outcome.violations.map(({ check, evidence }) => ({
      check,
      summary: evidence.summary,
    })),
    finding,
  };
  replaceFile(path, serializeReplay(replay));
  replaceFile(scheduleFile(path), formatSchedule(outcome.schedule));
  return path;
}

/** The text of a replay file. */
export function serializeReplay(replay: Replay): string {
  return `${JSON.stringify(replay, null, 2)}\n`;
}

/** The file beside a replay file that has the schedule as text. */
export function scheduleFile(replay: string): string {
  return replay.replace(/\.json$/, ".faults");
}

/** Reads a schedule that was written as text. Throws `LC_BAD_SCHEDULE`, with the line and the column of a mistake. */
export function readSchedule(path: string, hosts: readonly string[]): Fault[] {
  return parseSchedule(readText(path, "LC_BAD_SCHEDULE"), { file: path, hosts });
}

/**
 * Whether a replay file may name a world: one in the file's own project, or in the project of the working
 * directory (`directory`). A replay file determines a program to run, so one from elsewhere must not be
 * able to choose any file.
 */
export function isWithinProject(path: string, world: string, directory: string): boolean {
  const target = realPath(world);
  return [dirname(realPath(path)), realPath(directory)].some((folder) => {
    const steps = relative(projectOf(folder), target);
    return steps !== ".." && !steps.startsWith(`..${sep}`) && !isAbsolute(steps);
  });
}

/** The root of the project that contains `folder`: the directory of its package or its repository. */
function projectOf(folder: string): string {
  for (let at = folder; ; at = dirname(at)) {
    if (existsSync(join(at, "package.json")) || existsSync(join(at, ".git"))) return at;
    if (dirname(at) !== at) continue;
    return basename(folder) === REPLAY_DIRECTORY ? dirname(folder) : folder;
  }
}

/** The path after resolving links; for a path that does not exist, the path itself. */
function realPath(path: string): string {
  try {
    return realpathSync(path);
  } catch {
    return resolve(path);
  }
}

/** The command that replays the file `path`, to be typed in `directory`. */
export function replayCommand(directory: string, path: string, world: string): string {
  const command = `npx lightcone replay ${shellWord(relative(directory, path))}`;
  return isWithinProject(path, world, directory)
    ? command
    : `${command} --world ${shellWord(world)}`;
}

/** Quotes a path as a word for a POSIX shell. */
export function shellWord(path: string): string {
  return /^[\w@%+=:,./-]+$/.test(path) ? path : `'${path.replaceAll("'", "'\\''")}'`;
}

/** Reads a replay file. Throws `LC_BAD_REPLAY`, with what is wrong with it. */
export function readReplay(path: string): Replay & { readonly worldPath: string } {
  const value = parse(path, readText(path)) as Partial<Replay> | null;
  if (typeof value !== "object" || value?.lightconeReplay === undefined) {
    throw bad(`${path} is not a replay file`);
  }
  if (value.lightconeReplay !== REPLAY_FORMAT) {
    throw bad(
      `${path} has format ${value.lightconeReplay} (written by Lightcone ${value.lightcone}); this one reads format ${REPLAY_FORMAT}`,
    );
  }
  const { world, seed, schedule, fingerprint } = value;
  if (typeof world !== "string") throw bad(`${path} does not name its world`);
  if (!isWhole(seed)) throw bad(`${path} has no seed`);
  if (typeof fingerprint !== "string") throw bad(`${path} has no fingerprint`);
  if (!Array.isArray(schedule)) throw bad(`${path} has no schedule`);
  for (const [at, fault] of schedule.entries()) {
    const problem = faultProblem(fault);
    if (problem) throw bad(`${path}: fault ${at + 1} of the schedule ${problem}`);
  }
  for (const name of ["lightcone", "node", "name", "code"] as const) {
    if (typeof value[name] !== "string") throw bad(`${path} does not say its ${name}`);
  }
  if (!isWhole(value.events)) throw bad(`${path} does not say how many events there were`);
  if (!isWhole(value.faultsBefore)) throw bad(`${path} does not say how many faults there were`);
  const { finding, unstarted } = value;
  if (unstarted !== undefined && !isNames(unstarted)) {
    throw bad(`${path} does not say properly which hosts are not started`);
  }
  if (finding !== undefined && !isRecord(finding)) {
    throw bad(`${path} does not say properly what is known about the finding`);
  }
  return { ...(value as Replay), worldPath: resolve(dirname(path), world) };
}

/**
 * Reads a replay file to run it. `world` is the world file to run in place of the one that it names, and `how` tells the
 * user how to say so. Throws `LC_BAD_REPLAY`, also for a world outside of the projects of the file and of the working
 * directory, and `LC_NO_WORLD`.
 */
export function openReplay(
  file: string,
  world: string | undefined,
  how: string,
): ReturnType<typeof readReplay> {
  const read = readReplay(file);
  const worldPath = world === undefined ? read.worldPath : resolve(world);
  if (world === undefined && !isWithinProject(file, worldPath, process.cwd())) {
    throw new LightconeError(
      "LC_BAD_REPLAY",
      `${file} names a world outside of its project: ${worldPath}`,
      `Replaying a file runs the world that it names. If that is the one you want: ${how}.`,
    );
  }
  if (!existsSync(worldPath)) {
    throw new LightconeError(
      "LC_NO_WORLD",
      `${file} is about the world ${read.world}, which is not there`,
      `Looked for ${worldPath}: the path is relative to the replay file.`,
    );
  }
  return { ...read, worldPath };
}

function readText(path: string, named = "LC_BAD_REPLAY"): string {
  try {
    return readFileSync(path, "utf8");
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    const why = code === "EISDIR" ? `${path} is a folder` : `${path} cannot be read: ${code}`;
    throw new LightconeError(named, code === "ENOENT" ? `there is no file ${path}` : why);
  }
}

/**
 * The parser's message quotes the file, which may contain anything. Only the position of the error is
 * reported.
 */
function parse(path: string, text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    const cut = /^\s*\{\s*"lightconeReplay"/.test(text)
      ? "it is cut off or damaged"
      : "it is not JSON";
    throw bad(`${path} is not a replay file: ${cut}`);
  }
}

function isRecord(value: Partial<FindingRecord> | null): boolean {
  if (typeof value !== "object" || value === null || !isWhole(value.count)) return false;
  const { key, state, firstFound, lastFound, lastRun } = value;
  return (
    [key, firstFound, lastFound, lastRun].every((text) => typeof text === "string") &&
    ["new", "ongoing", "resolved", "regressed"].includes(state as string)
  );
}

function faultProblem(fault: Partial<Fault> | null): string | undefined {
  if (typeof fault !== "object" || fault === null) return "is no fault";
  const kind = typeof fault.kind === "string" ? findFaultKind(fault.kind) : undefined;
  if (!kind) return `is of kind ${JSON.stringify(fault.kind)}, which there is not`;
  if (!isNames(fault.targets)) return "has no targets";
  if (!isWhole(fault.startNs) || !isWhole(fault.durationNs)) return "has no proper times";
  if (typeof fault.params !== "object" || fault.params === null) return "has no parameters";
  return kind.isValid(fault.params) ? undefined : "has parameters that are not of its kind";
}

function bad(message: string): LightconeError {
  return new LightconeError("LC_BAD_REPLAY", message);
}

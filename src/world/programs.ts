/**
 * Reads what a world says of a host's programs: one program, or several by name with an order of starting.
 * The result is plain data, except for inline functions.
 */
import { MS, parseDurationNs } from "../base/units.ts";
import { FIRST_VERSION } from "../sim/faults/index.ts";
import type { Condition, ProgramPlan, ProgramStart, ProgramVersion, RestartPlan } from "./plan.ts";
import { bad, onlyOptions, show } from "./refusals.ts";
import type {
  BlockProgram,
  HostOptions,
  InlineProgram,
  PerHost,
  Program,
  ProgramOptions,
  Programs,
  VersionOptions,
} from "./types.ts";

const PROGRAM_NAME = /^[a-z][a-z0-9_-]{0,62}$/i;
const HOST_OPTIONS = [
  "argv",
  "execArgv",
  "env",
  "substitute",
  "cwd",
  "restart",
  "restartDelay",
  "versions",
] as const;
/** Options of the host itself, not of a program. */
const PLACE_OPTIONS = ["rack", "zone", "cpu", "driftPpm"] as const;
const PROGRAM_OPTIONS = ["program", "after", ...HOST_OPTIONS] as const;
const VERSION_OPTIONS = ["program", "argv", "env", "substitute"] as const;
const conditions: readonly Condition[] = ["started", "listening", "exited"];
const policies: readonly RestartPlan["when"][] = ["never", "on-failure", "always"];
/** The delay of systemd and of Docker's first restart. */
const RESTART_DELAY_NS = 100 * MS;

/** A program of a group of hosts, before its options are read for each host. */
export interface PlannedProgram {
  /** `undefined`: it is the only program of its host. */
  readonly name: string | undefined;
  readonly plan: ProgramPlan;
  readonly inline: InlineProgram | undefined;
  readonly argv: readonly string[];
  readonly options: Omit<ProgramOptions, "program">;
}

/** Another version of a program, before its options are read for each host. */
export interface PlannedVersion {
  readonly version: string;
  readonly plan: ProgramPlan;
  readonly inline: InlineProgram | undefined;
  readonly argv: readonly string[];
  readonly options: VersionOptions;
}

/** The key of an inline program in {@link Plan.inline}. */
export function inlineKey(group: string, name: string | undefined, version?: string): string {
  const key = name === undefined ? group : `${group}/${name}`;
  return version === undefined ? key : `${key}@${version}`;
}

/** The other versions of a program of a group of hosts. `options`: those of the host. */
export function versionsOf(
  group: string,
  base: PlannedProgram,
  options: HostOptions,
  ours: ReadonlyMap<unknown, string>,
): readonly PlannedVersion[] {
  const given: unknown = base.name === undefined ? options.versions : base.options.versions;
  if (given === undefined) return [];
  const where = `host ${JSON.stringify(group)}: versions`;
  if (typeof given !== "object" || given === null || Array.isArray(given) || isBlock(given)) {
    throw bad(`${where} is ${show(given)}`, 'It names programs: { next: "./server-2.ts" }.');
  }
  return Object.entries(given as Record<string, Program | VersionOptions>).map(
    ([version, value]) => {
      if (!PROGRAM_NAME.test(version) || version === FIRST_VERSION) {
        throw bad(
          `${where}: ${show(version)} cannot be the name of a version`,
          "It begins with a letter; letters, digits, hyphens and underscores follow. The program itself is the first.",
        );
      }
      const own = `${where}: ${version}`;
      if (typeof value !== "object" || value === null || isBlock(value)) {
        const { plan, inline, argv } = planned(own, base.name, value, {}, ours);
        return { version, plan, inline, argv, options: {} };
      }
      onlyOptions(own, value, VERSION_OPTIONS);
      const { program, ...rest } = value;
      const { plan, inline, argv } =
        program === undefined ? base : planned(own, base.name, program, {}, ours);
      return { version, plan, inline, argv, options: rest };
    },
  );
}

/** Whether a value is a building block, as `redis()` and similar functions return. @internal */
export function isBlock(program: unknown): program is BlockProgram {
  const block = program as BlockProgram | null | undefined;
  return (
    typeof block === "object" &&
    block !== null &&
    typeof block.entry === "string" &&
    Array.isArray(block.argv)
  );
}

/** Reads the second argument of `w.host`. `ours`: functions of Lightcone's modules, which are not programs. */
export function programsOf(
  group: string,
  given: Program | Programs,
  ours: ReadonlyMap<unknown, string>,
): readonly PlannedProgram[] {
  const host = `host ${JSON.stringify(group)}`;
  if (Array.isArray(given)) {
    throw bad(
      `${host}: a list is not a program`,
      'Several programs have names: { redis: redis(), server: { program: "./server.js", after: { redis: "listening" } } }.',
    );
  }
  if (typeof given !== "object" || given === null || isBlock(given)) {
    return [planned(host, undefined, given, {}, ours)];
  }
  const entries = Object.entries(given);
  if (entries.length === 0) throw bad(`${host}: it has no program`);
  const programs = entries.map(([name, value]) => {
    if (!PROGRAM_NAME.test(name)) {
      throw bad(
        `${host}: ${show(name)} cannot be a program's name`,
        "It begins with a letter; letters, digits, hyphens and underscores follow.",
      );
    }
    const where = `${host}: ${name}`;
    if (typeof value !== "object" || value === null || isBlock(value)) {
      return planned(where, name, value, {}, ours);
    }
    onlyOptions(where, value, PROGRAM_OPTIONS);
    const { program, ...options } = value;
    return planned(where, name, program, options, ours);
  });
  refuseOrder(host, programs);
  return programs;
}

function planned(
  where: string,
  name: string | undefined,
  program: Program,
  options: PlannedProgram["options"],
  ours: ReadonlyMap<unknown, string>,
): PlannedProgram {
  const base = { name, options, argv: [] };
  if (typeof program === "function") {
    refuseFunction(where, program, ours);
    return { ...base, plan: { kind: "inline" }, inline: program };
  }
  if (typeof program === "string" && program !== "") {
    return { ...base, plan: { kind: "file", path: program }, inline: undefined };
  }
  if (isBlock(program)) {
    const { name: block, entry, suffers } = program;
    const plan = { kind: "block", name: block, entry, suffers } as const;
    return { ...base, plan, inline: undefined, argv: program.argv };
  }
  throw bad(
    `${where}: ${show(program)} is not a program`,
    'A program is a function, the path of a Node entry file ("./server.ts"), or a block such as redis().',
  );
}

function refuseFunction(
  where: string,
  program: InlineProgram,
  ours: ReadonlyMap<unknown, string>,
): void {
  const name = ours.get(program);
  if (name !== undefined) {
    throw bad(
      `${where}: ${name} is not a program, it makes one when it is called`,
      `Write ${name}().`,
    );
  }
  if (/Generator/.test(Object.prototype.toString.call(program))) {
    throw bad(
      `${where}: a generator function is not a program: nothing would run it`,
      "Write an async function.",
    );
  }
}

/** Refuses conditions on programs that there are not, and programs that wait for each other. */
function refuseOrder(host: string, programs: readonly PlannedProgram[]): void {
  const byName = new Map(programs.map((program) => [program.name as string, program]));
  for (const { name, options } of programs) {
    const { after = {} } = options;
    const where = `${host}: ${name}: after`;
    if (typeof after !== "object" || after === null || Array.isArray(after)) {
      throw bad(
        `${where} is ${show(after)}`,
        'It names programs of the host and what they must have done: { redis: "listening", migrate: "exited" }.',
      );
    }
    for (const [other, condition] of Object.entries(after)) {
      if (!byName.has(other)) {
        const names = [...byName.keys()].join(", ");
        throw bad(`${where}: the host has no program ${show(other)}`, `It has ${names}.`);
      }
      if (!conditions.includes(condition)) {
        const words = conditions.map((word) => JSON.stringify(word)).join(", ");
        throw bad(`${where}: ${other}: ${show(condition)} is none of ${words}`);
      }
    }
  }
  for (const name of byName.keys()) {
    const circle = circleFrom(name, byName);
    if (circle) throw bad(`${host}: its programs wait for each other: ${circle.join(" -> ")}`);
  }
}

/** The names along a circle of conditions that leads from a program back to it. */
function circleFrom(
  start: string,
  byName: ReadonlyMap<string, PlannedProgram>,
  path: readonly string[] = [start],
): readonly string[] | undefined {
  const last = byName.get(path.at(-1) as string);
  for (const next of Object.keys(last?.options.after ?? {})) {
    if (next === start) return [...path, next];
    if (path.includes(next)) continue;
    const found = circleFrom(start, byName, [...path, next]);
    if (found) return found;
  }
  return undefined;
}

/** How the programs of one host are started. */
export function startsOf(
  host: string,
  index: number,
  programs: readonly PlannedProgram[],
  options: HostOptions,
  versions: ReadonlyMap<PlannedProgram, readonly PlannedVersion[]>,
): readonly ProgramStart[] {
  const where = `host ${host}`;
  onlyOptions(where, options, [...HOST_OPTIONS, ...PLACE_OPTIONS]);
  const several = programs.some(({ name }) => name !== undefined);
  if (several && options.argv !== undefined) {
    throw bad(
      `${where}: argv belongs to one program, and the host runs several`,
      'Give it to the program: { server: { program: "./server.js", argv: ["--verbose"] } }.',
    );
  }
  if (several && options.versions !== undefined) {
    throw bad(
      `${where}: versions belong to one program, and the host runs several`,
      'Give them to the program: { server: { program: "./server.js", versions: { next: "./server-2.js" } } }.',
    );
  }
  const shared = readOptions(where, host, index, options);
  return programs.map((one) => {
    const { name, plan, argv, options: own } = one;
    const ownWhere = name === undefined ? where : `${where}: ${name}`;
    const read = readOptions(ownWhere, host, index, own);
    const ownArgv = [...shared.argv, ...read.argv];
    const env = { ...shared.env, ...read.env };
    const substitute = { ...shared.substitute, ...read.substitute };
    const others = (versions.get(one) ?? []).map((other): [string, ProgramVersion] => {
      const { version } = other;
      const its = readOptions(`${ownWhere}: version ${version}`, host, index, other.options);
      return [
        version,
        {
          version,
          program: other.plan,
          argv: [...other.argv, ...(other.options.argv === undefined ? ownArgv : its.argv)],
          env: { ...env, ...its.env },
          substitute: { ...substitute, ...its.substitute },
        },
      ];
    });
    return {
      name,
      program: plan,
      versions: Object.fromEntries(others),
      argv: [...argv, ...ownArgv],
      execArgv: [...shared.execArgv, ...read.execArgv],
      env,
      substitute,
      cwd: read.cwd ?? shared.cwd,
      restart: read.restart ?? shared.restart ?? { when: "never", delayNs: 0 },
      after: Object.entries(own.after ?? {}).map(([program, until]) => ({ program, until })),
    };
  });
}

type ReadOptions = Pick<ProgramStart, "argv" | "execArgv" | "env" | "substitute" | "cwd"> & {
  readonly restart: RestartPlan | undefined;
};

function readOptions(
  where: string,
  host: string,
  index: number,
  options: HostOptions,
): ReadOptions {
  const { cwd } = options;
  const argv = perHost(options.argv ?? [], host, index);
  const execArgv = perHost(options.execArgv ?? [], host, index);
  const env = perHost(options.env ?? {}, host, index);
  if (!Array.isArray(argv) || argv.some((word) => typeof word !== "string")) {
    throw bad(`${where}: argv is ${show(argv)}, not an array of text`);
  }
  if (!Array.isArray(execArgv) || execArgv.some((word) => typeof word !== "string")) {
    throw bad(`${where}: execArgv is ${show(execArgv)}, not an array of text`);
  }
  if (execArgv.length > 0 && !String(execArgv[0]).startsWith("-")) {
    throw bad(
      `${where}: execArgv begins with ${show(execArgv[0])}, which is no flag of Node`,
      "Flags for Node itself begin with a hyphen; the program's own arguments are argv.",
    );
  }
  const isText = (value: unknown): boolean => typeof value === "string";
  if (typeof env !== "object" || env === null || !Object.values(env).every(isText)) {
    throw bad(`${where}: env is ${show(env)}, not an object of text`);
  }
  const substitute = options.substitute ?? {};
  refuseSubstitutes(where, substitute);
  if (cwd !== undefined && (typeof cwd !== "string" || !cwd.startsWith("/"))) {
    throw bad(`${where}: cwd is ${show(cwd)}, not an absolute path`);
  }
  return {
    argv,
    execArgv,
    env: { ...env },
    substitute: { ...substitute },
    cwd,
    restart: restartPlan(where, options),
  };
}

function refuseSubstitutes(where: string, substitute: unknown): void {
  if (typeof substitute !== "object" || substitute === null || Array.isArray(substitute)) {
    throw bad(
      `${where}: substitute is ${show(substitute)}`,
      'It names files by the modules that they stand in for: { "native-thing": "./stub.ts" }.',
    );
  }
  for (const [name, path] of Object.entries(substitute)) {
    if (typeof path === "string" && /^(?:\.{0,2}\/)/.test(path) && !/^[./]/.test(name)) continue;
    throw bad(
      `${where}: substitute: ${show(name)}: ${show(path)} is not the path of a file for a module's name`,
      "A path begins with ./ or /. For another package, write a file that exports what it exports.",
    );
  }
}

function restartPlan(
  where: string,
  { restart, restartDelay }: HostOptions,
): RestartPlan | undefined {
  const isPolicy = policies.includes(restart as RestartPlan["when"]);
  if (restartDelay !== undefined && (!isPolicy || restart === "never")) {
    throw bad(
      `${where}: restartDelay is said, and ${restart === undefined ? "no restart" : `restart is ${show(restart)}`}`,
      'Write restart: "on-failure" or "always" beside it; restart: "500ms" is "always" with that delay.',
    );
  }
  if (restart === undefined) return undefined;
  if (isPolicy) {
    const when = restart as RestartPlan["when"];
    const delayNs =
      restartDelay === undefined
        ? RESTART_DELAY_NS
        : parseDurationNs(restartDelay, `${where}: restartDelay`);
    return { when, delayNs };
  }
  if (typeof restart !== "number" && !(typeof restart === "string" && /^\s*[0-9]/.test(restart))) {
    throw bad(
      `${where}: restart is ${show(restart)}`,
      'It is "never", "on-failure", "always", or a duration: "always", after this long.',
    );
  }
  return { when: "always", delayNs: parseDurationNs(restart, `${where}: restart`) };
}

function perHost<T>(value: PerHost<T>, host: string, index: number): T {
  return typeof value === "function"
    ? (value as (host: string, index: number) => T)(host, index)
    : value;
}

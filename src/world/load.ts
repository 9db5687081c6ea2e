/**
 * Loads a world file: compiles it and the programs that it names, once, and evaluates it on a temporary
 * host to obtain its description. Runs then start instances of the compiled programs.
 */
import { existsSync, readFileSync, statSync } from "node:fs";
import { basename, dirname, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { LightconeError, messageOf } from "../base/errors.ts";
import { digestOfText } from "../base/fingerprint.ts";
import {
  codeDigest,
  type CompiledProgram,
  compileProgram,
  mapStack,
  missingVariables,
  simulate,
  startProgram,
} from "../node/index.ts";
import { CROWD } from "../sim/faults/flood.ts";
import { Host } from "../sim/host.ts";
import { Kernel } from "../sim/kernel.ts";
import { Network } from "../sim/network/network.ts";
import { PlanBuilder, WORLD_MARK, type World, world } from "./builder.ts";
import type { HostPlan, Plan, ProgramPlan, ProgramStart } from "./plan.ts";
import type { WrittenAssertion } from "./coverage.ts";
import { hintWith, LastLines } from "./output.ts";
import { handlerOf } from "./outside/documents.ts";
import { namesIn } from "./own-files.ts";
import * as probe from "./probe.ts";
import { isUserPlace } from "./user-place.ts";
import { writtenAssertions } from "./written-assertions.ts";

/** Modules of Lightcone that world files may import in addition to `lightcone`, by specifier. */
export type FaceModules = Readonly<Record<string, object>>;

/** A loaded world, ready to run. */
export interface LoadedWorld {
  /** The world file's absolute path. */
  readonly path: string;
  readonly plan: Plan;
  /** The compiled world file itself, for hosts with inline programs. */
  readonly own: CompiledProgram;
  /** Other programs, by {@link programKey}. */
  readonly programs: ReadonlyMap<string, CompiledProgram>;
  /** What stands in for modules, by path as the world gives it. */
  readonly substitutes: ReadonlyMap<string, CompiledProgram>;
  /** What services outside are, by path as the world gives it. */
  readonly services: ReadonlyMap<string, unknown>;
  /** Digest of the files that make up the description. */
  readonly digest: string;
  readonly modules: FaceModules;
  /** The assertions in the source files of its programs. */
  readonly assertions: readonly WrittenAssertion[];
  /** The environment variables that the world file reads while it describes, and that are not set there. */
  readonly unsetVariables: readonly string[];
  /** The output of the world file since the last call: from loading it, or from its checks. */
  readonly takePrinted: () => string;
}

/** The module through which a program file can import Lightcone. */
export const PROBE_MODULE = "lightcone/probe";
const WORLD_MODULE = "lightcone";

/** Loads the world file at `path`. Throws a `LightconeError` if anything is wrong with it. */
export async function loadWorld(path: string, modules: FaceModules): Promise<LoadedWorld> {
  const file = resolve(path);
  if (path === "" || !existsSync(file)) {
    throw new LightconeError("LC_NO_WORLD", `there is no world file ${path || '""'}`);
  }
  if (!statSync(file).isFile()) {
    throw new LightconeError("LC_NO_WORLD", `${path} is not a file`);
  }
  const own = await compileProgram({ entry: file });
  const { plan, digest, missing, takePrinted } = await describeWorld(file, own, modules);
  const programs = new Map<string, CompiledProgram>();
  const entries = [file];
  for (const { name, program } of plan.hosts.flatMap(withPrograms)) {
    const key = programKey(program);
    if (key === undefined || programs.has(key)) continue;
    const entry = entryOf(name, program, dirname(file));
    const sharesModules = program.kind === "block";
    programs.set(key, await compileProgram({ entry, sharesModules }));
    if (program.kind === "file") entries.push(entry);
  }
  for (const operator of operatorsOf(plan)) {
    const entry = fileURLToPath(operator);
    programs.set(operatorKey(operator), await compileProgram({ entry, sharesModules: true }));
  }
  if (plan.hosts.some(({ name }) => name === CROWD)) {
    const entry = fileURLToPath(crowdUrl());
    programs.set(CROWD_KEY, await compileProgram({ entry, sharesModules: true }));
  }
  const substitutes = await compileSubstitutes(plan, dirname(file));
  const { services, digest: ofServices } = readServices(plan, dirname(file));
  const assertions = writtenAssertions(entries);
  const unsetVariables = namesIn([file], missing);
  return {
    path: file,
    plan,
    own,
    programs,
    substitutes,
    services,
    digest: digest + ofServices,
    modules,
    assertions,
    unsetVariables,
    takePrinted,
  };
}

/** Identifies the program of crowds among those of a world. */
export const CROWD_KEY = "crowd";

/** The program of crowds: TypeScript if Lightcone runs from source. */
function crowdUrl(): URL {
  const extension = import.meta.url.endsWith(".ts") ? ".ts" : ".js";
  return new URL(`../blocks/crowd/main${extension}`, import.meta.url);
}

/** The programs of the operators of blocks. */
function operatorsOf(plan: Plan): Set<string> {
  const programs = plan.hosts.flatMap(withPrograms).map(({ program }) => program);
  return new Set(
    programs.flatMap((program) =>
      program.kind === "block" && program.suffers ? [program.suffers.operator] : [],
    ),
  );
}

/** Identifies the program of an operator among those of a world. */
export function operatorKey(operator: string): string {
  return `operator ${operator}`;
}

/** Reads the files that say what services outside are, with a digest of all. */
function readServices(
  { hosts }: Plan,
  directory: string,
): { services: Map<string, unknown>; digest: string } {
  const services = new Map<string, unknown>();
  let all = "";
  for (const { name, outside } of hosts) {
    const path = outside?.path;
    if (path === undefined || services.has(path)) continue;
    const where = `w.outside(${JSON.stringify(name)}): ${path}`;
    const file = resolve(directory, path);
    if (!statSync(file, { throwIfNoEntry: false })?.isFile()) {
      throw new LightconeError(
        "LC_NO_PROGRAM",
        `${where}: there is no such file`,
        `Looked for ${file}: paths are relative to the world file.`,
      );
    }
    const text = readFileSync(file, "utf8");
    let document: unknown;
    try {
      document = JSON.parse(text) as unknown;
    } catch {
      throw new LightconeError("LC_BAD_WORLD", `${where} is not JSON`);
    }
    handlerOf(document, where);
    services.set(path, document);
    all += text;
  }
  return { services, digest: all === "" ? "" : digestOfText(all).toString(16) };
}

async function compileSubstitutes(
  { hosts }: Plan,
  directory: string,
): Promise<Map<string, CompiledProgram>> {
  const compiled = new Map<string, CompiledProgram>();
  for (const { name, programs } of hosts) {
    const given = programs
      .flatMap(allVersions)
      .flatMap(({ substitute }) => Object.entries(substitute));
    for (const [module, path] of given) {
      if (compiled.has(path)) continue;
      const entry = resolve(directory, path);
      if (!statSync(entry, { throwIfNoEntry: false })?.isFile()) {
        throw new LightconeError(
          "LC_NO_PROGRAM",
          `host ${name}: there is no file ${path} to stand in for ${module}`,
          `Looked for ${entry}: paths are relative to the world file.`,
        );
      }
      compiled.set(path, await compileProgram({ entry }));
    }
  }
  return compiled;
}

function withPrograms({ name, programs }: HostPlan): { name: string; program: ProgramPlan }[] {
  return programs.flatMap(allVersions).map(({ program }) => ({ name, program }));
}

/** A program in its first and its other versions. */
function allVersions(start: ProgramStart): readonly Pick<ProgramStart, "program" | "substitute">[] {
  return [start, ...Object.values(start.versions)];
}

/** Identifies a program among those of a world; `undefined` for the world file itself. */
export function programKey(program: ProgramPlan): string | undefined {
  if (program.kind === "inline") return undefined;
  return program.kind === "file" ? `file ${program.path}` : `block ${program.entry}`;
}

/** The default export of a world file as a world. Throws an error that says what the export is instead. */
export function worldOf(exports: unknown, path: string): World {
  const value = (exports as { default?: unknown } | undefined)?.default;
  if ((value as World | undefined)?.[WORLD_MARK] === true) return value as World;
  const name = basename(path);
  throw new LightconeError(
    "LC_NO_WORLD",
    value === undefined
      ? `${name} has no default export`
      : `the default export of ${name} is ${kindOf(value)}, not a world`,
    'A world file says: export default world("what must hold", (w) => { ... }).',
  );
}

function kindOf(value: unknown): string {
  if (value === null) return "null";
  if (typeof value !== "object") return `a ${typeof value}`;
  return typeof (value as PromiseLike<unknown>).then === "function" ? "a promise" : "an object";
}

/** Creates the modules of Lightcone that a world file can import on one host. */
export function worldInjection(modules: FaceModules, hostProbe: object): Record<string, object> {
  return { [WORLD_MODULE]: { world }, [PROBE_MODULE]: hostProbe, ...modules };
}

/** The functions that a world file can import, by name. */
function functionsOf(modules: FaceModules): Map<unknown, string> {
  const functions = new Map<unknown, string>([[world, "world"]]);
  for (const module of Object.values(modules)) {
    for (const [name, value] of Object.entries(module)) {
      if (typeof value === "function") functions.set(value, name);
    }
  }
  return functions;
}

/** Evaluates the world file and its description on a separate, isolated host. */
async function describeWorld(
  path: string,
  own: CompiledProgram,
  modules: FaceModules,
): Promise<{
  plan: Plan;
  digest: string;
  missing: readonly string[];
  takePrinted: () => string;
}> {
  const kernel = new Kernel({ seed: 0 });
  const host = new Host(kernel, { id: 1, name: "world" });
  new Network(kernel).attach(host);
  let plan: Plan | undefined;
  let failure: unknown;
  let ended = false;
  let printed = "";
  let missing: readonly string[] = [];
  const last = new LastLines();
  await simulate(() => {
    const node = startProgram(host.spawn(), own, {
      argv: [],
      env: {},
      cwd: "/",
      inject: worldInjection(modules, probe),
      onOutput: (_, text) => {
        // The failure is already known; Node's output about it is not needed.
        if (failure !== undefined) return;
        printed += text;
        last.write(text);
      },
      onUncaught: (error) => (failure ??= error),
      onExit: () => (ended = true),
      main: (exports) => {
        try {
          const { name, describe } = worldOf(exports, path);
          const builder = new PlanBuilder(name, functionsOf(modules));
          const returned: unknown = describe(builder);
          if (typeof (returned as PromiseLike<unknown> | undefined)?.then === "function") {
            throw new LightconeError(
              "LC_BAD_WORLD",
              `the world ${JSON.stringify(name)} is described by an async function`,
              "A description does not wait for anything: write (w) => { ... }.",
            );
          }
          plan = builder.finish();
        } catch (error) {
          failure ??= error;
        }
      },
    });
    // Its checks belong to this process, and may print when they judge.
    node.loop.retain();
    kernel.run(0);
    missing = missingVariables(node.realm.process.env);
  });
  if (failure !== undefined) throw worldFailure(failure, path, last.lines);
  if (!plan && ended) {
    throw new LightconeError(
      "LC_BAD_WORLD",
      `${basename(path)} ends its process as it is read: it describes a world, and runs nothing`,
      hintWith(undefined, last.lines),
    );
  }
  if (!plan) {
    throw new LightconeError(
      "LC_BAD_WORLD",
      `${basename(path)} waits for something before it exports its world`,
      "A world file describes: it cannot wait for time or for the network.",
    );
  }
  const takePrinted = (): string => {
    const taken = printed;
    printed = "";
    return taken;
  };
  return { plan, digest: codeDigest(kernel), missing, takePrinted };
}

function worldFailure(failure: unknown, path: string, lines: readonly string[]): LightconeError {
  if (failure instanceof LightconeError) {
    const { code, message, hint } = failure;
    return lines.length === 0 ? failure : new LightconeError(code, message, hintWith(hint, lines));
  }
  const stack = failure instanceof Error ? (failure.stack ?? "") : "";
  const [place] = userFrames(stack);
  const name = failure instanceof Error ? failure.name : "thrown";
  return new LightconeError(
    "LC_BAD_WORLD",
    `${basename(path)} throws as it is read: ${name}: ${messageOf(failure)}`,
    hintWith(place === undefined ? undefined : `at ${place}`, lines),
  );
}

/** Determined once: within a run, programs have their own working directories. */
export const workingDirectory: string = `${process.cwd()}/`;

/** The positions in a stack trace, innermost first: "worker.ts:12:5", with the function if it has a name. */
export function userFrames(stack: string): string[] {
  return mapStack(stack)
    .split("\n")
    .filter((line) => /^\s+at /.test(line))
    .map((line) => line.trim().slice("at ".length))
    .filter(isUserPlace)
    .map((frame) => frame.replaceAll("file://", "").replaceAll(workingDirectory, ""));
}

function entryOf(name: string, program: ProgramPlan, directory: string): string {
  if (program.kind === "block") return fileURLToPath(program.entry);
  const path = resolve(directory, (program as { path: string }).path);
  if (statSync(path, { throwIfNoEntry: false })?.isFile()) return path;
  throw new LightconeError(
    "LC_NO_PROGRAM",
    `host ${name}: there is no program ${(program as { path: string }).path}`,
    `Looked for ${path}: paths are relative to the world file.`,
  );
}

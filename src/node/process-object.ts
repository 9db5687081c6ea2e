/**
 * The `process` object of a simulated process. Its methods come from Node's own
 * `internal/process/per_thread` where that has them. This file adds the native half and the
 * properties that C++ sets.
 */
import { parseEnv } from "node:util";
import { filesOf, plantDirectory, type ProcessFiles } from "../sim/disk/index.ts";
import type { Process } from "../sim/process.ts";
import { highResolutionNs } from "./clock.ts";
import { notSimulated } from "./not-simulated.ts";
import { createEnvironment } from "./environment.ts";
import { splitOptions } from "./lib/options.ts";
import { createProcessBinding } from "./process-binding.ts";
import { exceptionOf } from "./bindings/fs/errors.ts";
import { fromBytes, toBytes } from "./bindings/fs/paths.ts";
import { birthOf } from "./birth.ts";
import type { NodeProcess } from "./node-process.ts";
import { isBuiltin } from "./public-modules.ts";
import type { Realm } from "./realm-types.ts";
import type { TimeZone } from "./time-zone.ts";
import { defineProperty, setPrototypeOf } from "./views/safe.ts";

/** The options that a program is started with. */
export interface ProcessDescription {
  readonly argv: readonly string[];
  readonly execArgv: readonly string[];
  readonly env: Readonly<Record<string, string>>;
  /** The environment of another thread, which this one shares. */
  readonly sharedEnv?: object;
  readonly cwd: string;
  readonly title: string;
  /** The name it was called by; the default is "node". */
  readonly argv0?: string;
  /** Standard input, output and error of a child. By default, the run's observer has them. */
  readonly streams?: readonly StandardStream[];
}

/** The other end of a child's standard stream. */
export type StandardStream =
  | { readonly kind: "pipe" }
  /** An open file of the parent, which the child already has under the same number. */
  | { readonly kind: "file" }
  | { readonly kind: "ignore" }
  /** Output that is consumed as it is written. */
  | { readonly kind: "sink"; readonly write: (bytes: Uint8Array) => void }
  /** Input that is complete; a read returns 0 at its end. */
  | { readonly kind: "source"; readonly read: (target: Uint8Array) => number }
  | { readonly kind: "inherit"; readonly from: NodeProcess; readonly fd: number };

/** What the process object needs of the process's runner. */
export interface ProcessControl {
  exit(code: number): never;
  /** Writes to standard error, bypassing the program's stream. */
  writeError(text: string): void;
  kill(pid: number, signal: number): number;
  getActiveResources(): string[];
  /** Returns the program's objects for what keeps the process alive: sockets, servers. */
  getActiveHandles(): object[];
}

/** Shows which names this version of Node has. */
const realProcess: NodeJS.Process = globalThis.process;

const EXEC_PATH = "/usr/local/bin/node";

/**
 * Creates the bare object, before the library exists. `completeProcessObject` adds its methods. `zone` follows the
 * variable `TZ`; a thread has none of its own.
 */
export function createProcessObject(
  process: Process,
  description: ProcessDescription,
  zone: TimeZone | undefined,
): object {
  const real = globalThis.process;
  // As in Node, `process` is an instance of a function called process, which inherits from
  // EventEmitter. The function is named by its property: a compiler would rename one that hides
  // another name.
  const { process: constructor } = { process: function (): void {} };
  // Created by it, so V8 prints it as `#<process>`.
  const made = new (constructor as unknown as new () => object)();
  const flags = [...splitOptions(description.env["NODE_OPTIONS"]), ...description.execArgv];
  const title = flags.findLast((flag) => flag.startsWith("--title="))?.slice(8);
  // Values that are not strings are only reported with pending deprecations enabled.
  const isPending = description.execArgv.includes("--pending-deprecation");
  const onOther = (): void => {
    (object as unknown as NodeJS.Process).emitWarning(
      "Assigning any value other than a string, number, or boolean to a process.env property is deprecated. " +
        "Please make sure to convert the value to a string before setting process.env with it.",
      "DeprecationWarning",
      "DEP0104",
    );
  };
  const object: object = Object.assign(made, {
    title: title ?? description.title,
    argv: [EXEC_PATH, ...description.argv],
    execArgv: [...description.execArgv],
    execPath: EXEC_PATH,
    env:
      description.sharedEnv ??
      createEnvironment(description.env, isPending ? onOther : undefined, zone),
    ppid: process.parentPid,
    debugPort: 9229,
    domain: null,
  });
  for (const [name, value] of Object.entries({
    version: real.version,
    versions: real.versions,
    arch: real.arch,
    platform: "linux",
    release: real.release,
    moduleLoadList: [],
    pid: process.pid,
    features: real.features,
    config: real.config,
    _preload_modules: [],
  })) {
    const configurable = name !== "features";
    defineProperty(object, name, { value, enumerable: true, configurable });
  }
  const argv0 = description.argv0 ?? "node";
  defineProperty(object, "argv0", { value: argv0, enumerable: true });
  let exiting = false;
  Object.defineProperty(object, "_exiting", {
    get: () => exiting,
    set: (value: unknown) => {
      exiting = Boolean(value);
    },
    enumerable: true,
    configurable: true,
  });
  workingDirectories.set(object, description.cwd);
  return object;
}

/** The description's working directory, until the library reads it. */
const workingDirectories = new WeakMap<object, string>();

/** `internalBinding('process_methods')`. */
export function processMethodsBinding(realm: Realm, control: ProcessControl): object {
  const { process } = realm.context;
  const hrtimeBuffer = new Uint32Array(3);
  const bigints = new BigUint64Array(hrtimeBuffer.buffer, 0, 1);
  const startNs = realm.thread?.processBornNs ?? birthOf(process, false);
  const nowNs = (): number => highResolutionNs(process);
  // A thread shares its process's directory.
  const start = realm.thread ? undefined : (workingDirectories.get(realm.process) ?? "/");
  const { cwd, chdir } = workingDirectory(filesOf(process), start);
  return {
    hrtimeBuffer,
    hrtime() {
      const ns = nowNs();
      const seconds = Math.floor(ns / 1e9);
      hrtimeBuffer[0] = Math.floor(seconds / 0x1_0000_0000);
      hrtimeBuffer[1] = seconds >>> 0;
      hrtimeBuffer[2] = ns % 1e9;
    },
    hrtimeBigInt() {
      bigints[0] = BigInt(nowNs());
    },
    uptime: () => (process.readMonotonicNs() - startNs) / 1e9,
    _rawDebug: (text: string) => control.writeError(`${text}\n`),
    _getActiveRequests: () => [...realm.context.loop.requests],
    _getActiveHandles: () => control.getActiveHandles(),
    getActiveResourcesInfo: () => control.getActiveResources(),
    reallyExit: (code: number) => control.exit(code),
    _kill: (pid: number, signal: number) => control.kill(pid, signal),
    cpuUsage: (values: Float64Array) => {
      values[0] = Math.floor((process.readMonotonicNs() - startNs) / 1e4);
      values[1] = Math.floor((process.readMonotonicNs() - startNs) / 1e5);
    },
    threadCpuUsage: (values: Float64Array) => {
      values[0] = Math.floor((process.readMonotonicNs() - startNs) / 1e4);
      values[1] = 0;
    },
    // The same in every run. V8's real usage differs between machines.
    memoryUsage: (values: Float64Array) => {
      values.set([48_000_000, 20_000_000, 12_000_000, 2_000_000, 100_000]);
    },
    rss: () => 48_000_000,
    constrainedMemory: () => 4 * 1024 ** 3,
    availableMemory: () => 3 * 1024 ** 3,
    resourceUsage: (values: Float64Array) => values.fill(0),
    loadEnvFile(path = ".env") {
      const text: string = realm.require("fs").readFileSync(path, "utf8");
      const { env } = realm.process;
      for (const [name, value] of Object.entries(parseEnv(text))) env[name] ??= value;
    },
    dlopen: () => {
      throw Object.assign(new Error("native add-ons are not simulated"), {
        code: "LC_NOT_SIMULATED",
      });
    },
    cwd,
    chdir,
    umask: umaskOf(filesOf(process)),
    setEmitWarningSync: () => {},
    patchProcessObject: () => {},
    _debugProcess: () => {},
    _debugEnd: () => {},
    abort: () => control.kill(process.pid, 6),
    causeSegfault: () => control.kill(process.pid, 11),
  };
}

function umaskOf(files: ProcessFiles): (mask?: number) => number {
  return (mask) => {
    const before = files.umask;
    if (mask !== undefined) files.umask = mask & 0o777;
    return before;
  };
}

interface WorkingDirectory {
  cwd(): string;
  chdir(path: string): void;
}

function workingDirectory(files: ProcessFiles, start: string | undefined): WorkingDirectory {
  if (start !== undefined) {
    const directory = toBytes(start);
    try {
      files.changeDirectory(directory);
    } catch {
      // A program may be started in a directory that does not exist yet.
      plantDirectory(files.fs, directory);
      files.changeDirectory(directory);
    }
  }
  const cwd = (): string => {
    try {
      return fromBytes(files.path, "utf8") as string;
    } catch (failure) {
      throw exceptionOf(failure, { syscall: "uv_cwd" });
    }
  };
  return {
    cwd,
    chdir(path) {
      try {
        files.changeDirectory(toBytes(path));
      } catch (failure) {
        throw exceptionOf(failure, { syscall: "chdir", path: cwd(), dest: path });
      }
    },
  };
}

/** Adds the methods that Node's bootstrap adds to the object. */
export function completeProcessObject(realm: Realm): void {
  const { process } = realm;
  const EventEmitter = realm.require("events");
  setPrototypeOf(Object.getPrototypeOf(process) as object, EventEmitter.prototype);
  EventEmitter.call(process);
  Object.defineProperty(process, Symbol.toStringTag, { value: "process", writable: true });
  const raw = realm.internalBinding("process_methods");
  defineLazily(process, realm);
  defineReadOnly(realm);
  for (const name of [
    "uptime",
    "_getActiveRequests",
    "_getActiveHandles",
    "getActiveResourcesInfo",
  ]) {
    process[name] = raw[name];
  }
  for (const name of ["reallyExit", "_kill", "constrainedMemory", "availableMemory", "dlopen"]) {
    process[name] = raw[name];
  }
  const credentials = realm.internalBinding("credentials");
  for (const name of ["getuid", "geteuid", "getgid", "getegid", "getgroups"]) {
    process[name] = credentials[name];
  }
  // Node's own wrappers of what concerns the whole process: abort, chdir, cwd, umask, setuid, ...
  realm.require(`internal/bootstrap/switches/does_${realm.thread ? "not_" : ""}own_process_state`);
  defineExitCode(realm);
  process.emitWarning = (...args: unknown[]) =>
    realm.require("internal/process/warning").emitWarning(...args);
  const { execArgv, env } = process;
  if (!execArgv.includes("--no-warnings") && env.NODE_NO_WARNINGS !== "1") {
    process.on("warning", (...args: unknown[]) =>
      realm.require("internal/process/warning").onWarning(...args),
    );
  }
  defineFlags(process);
  startListeningToSignals(realm);
}

/** Flags that are also properties of `process`. Node's library reads them when it warns. */
const flagProperties: Readonly<Record<string, string>> = {
  "--no-deprecation": "noDeprecation",
  "--no-warnings": "noProcessWarnings",
  "--trace-warnings": "traceProcessWarnings",
  "--throw-deprecation": "throwDeprecation",
  "--trace-deprecation": "traceDeprecation",
};

function defineFlags(process: Realm["process"]): void {
  for (const flag of process.execArgv as readonly string[]) {
    const name = Object.hasOwn(flagProperties, flag) ? flagProperties[flag] : undefined;
    if (name === undefined) continue;
    const attributes = { enumerable: true, configurable: true, writable: false };
    Object.defineProperty(process, name, { ...attributes, value: true });
  }
}

/** `process.exitCode` accepts integers, and strings that contain one. */
function defineExitCode({ process, require }: Realm): void {
  let exitCode: unknown;
  Object.defineProperty(process, "exitCode", {
    get: () => exitCode,
    set(code: unknown) {
      if (code !== null && code !== undefined) {
        const number = typeof code === "string" && code !== "" ? Number(code) : code;
        const checked = Number.isNaN(number) ? code : number;
        require("internal/validators").validateInteger(checked, "code");
      }
      exitCode = code;
    },
    enumerable: true,
    configurable: false,
  });
}

/**
 * What Node's bootstrap defines itself: access to built-in modules, and to source maps. These are
 * always used.
 */
function builtinsAndMaps(realm: Realm): Record<string, () => unknown> {
  return {
    getBuiltinModule: () =>
      function getBuiltinModule(id: string): unknown {
        realm.require("internal/validators").validateString(id, "id");
        return isBuiltin(id) ? realm.requirePublic(id) : undefined;
      },
    setSourceMapsEnabled: () =>
      function setSourceMapsEnabled(enabled: unknown): void {
        realm.require("internal/validators").validateBoolean(enabled, "enabled");
      },
    openStdin: () =>
      function openStdin(): unknown {
        const { stdin } = realm.process as unknown as { stdin: { resume(): void } };
        stdin.resume();
        return stdin;
      },
  };
}

/** Defines methods that are in library files which most programs never need. */
function defineLazily(process: object, realm: Realm): void {
  let wrapped: Record<string, unknown> | undefined;
  const perThread = (): Record<string, (...args: never[]) => unknown> =>
    realm.require("internal/process/per_thread");
  const wrap = (): Record<string, unknown> =>
    (wrapped ??= perThread()["wrapProcessMethods"]!(
      realm.internalBinding("process_methods") as never,
    ) as Record<string, unknown>);
  const lazy: Record<string, () => unknown> = {
    hrtime: () => Object.assign(perThread()["hrtime"]!, { bigint: perThread()["hrtimeBigInt"] }),
    // A read-only set.
    allowedNodeEnvironmentFlags: () => realProcess.allowedNodeEnvironmentFlags,
    assert: () =>
      realm
        .require("internal/util")
        .deprecate(
          perThread()["assert"],
          "process.assert() is deprecated. Please use the `assert` module instead.",
          "DEP0100",
        ),
    ref: () => perThread()["ref"],
    unref: () => perThread()["unref"],
    execve: () => notSimulated("process.execve"),
    binding: () => createProcessBinding(realm),
    _linkedBinding: () => notSimulated("process._linkedBinding"),
    _debugProcess: () => notSimulated("process._debugProcess"),
    // There is no debugger to end, nor in Node.
    _debugEnd: () => function _debugEnd(): void {},
    _startProfilerIdleNotifier: () => () => {},
    _stopProfilerIdleNotifier: () => () => {},
    ...builtinsAndMaps(realm),
  };
  for (const name of [
    "_rawDebug",
    "cpuUsage",
    "resourceUsage",
    "memoryUsage",
    "kill",
    "exit",
    "loadEnvFile",
    "threadCpuUsage",
  ]) {
    lazy[name] = () => wrap()[name];
  }
  for (const [name, make] of Object.entries(lazy)) {
    // Versions differ, and programs check for names: 20 has no `ref`, 24 no `assert`.
    if (!(name in realProcess)) continue;
    const become = (value: unknown): void => {
      const attributes = { configurable: true, enumerable: true, writable: true };
      defineProperty(process, name, { ...attributes, value });
    };
    const get = (): unknown => {
      const value = make();
      become(value);
      return value;
    };
    defineProperty(process, name, { configurable: true, enumerable: true, get, set: become });
  }
}

/**
 * Defines read-only properties: reports of the process, created by Node's library, and whether
 * stacks are mapped.
 */
function defineReadOnly({ process, require }: Realm): void {
  const getters: Record<string, () => unknown> = {
    report: () => require("internal/process/report").report,
    sourceMapsEnabled: () => false,
  };
  for (const [name, get] of Object.entries(getters)) {
    if (!(name in realProcess)) continue;
    defineProperty(process, name, { get, enumerable: true, configurable: true });
  }
  defineFinalization(process, require);
}

/** `process.finalization`, which can be replaced. */
function defineFinalization(process: object, require: Realm["require"]): void {
  if (!("finalization" in realProcess)) return;
  let finalization: unknown;
  Object.defineProperty(process, "finalization", {
    get: () => (finalization ??= require("internal/process/finalization").createFinalization()),
    set: (value: unknown) => {
      finalization = value;
    },
    enumerable: true,
    configurable: true,
  });
}

function startListeningToSignals(realm: Realm): void {
  const { process } = realm;
  const signals: Record<string, number> = realm.internalBinding("constants").os.signals;
  process.on("newListener", (event: unknown) => {
    if (typeof event === "string" && Object.hasOwn(signals, event)) {
      realm.require("internal/process/signal").startListeningIfSignal(event);
    }
  });
  process.on("removeListener", (event: unknown) => {
    if (typeof event === "string" && Object.hasOwn(signals, event)) {
      realm.require("internal/process/signal").stopListeningIfSignal(event);
    }
  });
}

/** Runs a program in an existing process. */
import { posix } from "node:path";
import { noteRejection } from "../rejection-frames.ts";
import type { NodeProcess } from "../node-process.ts";
import { diskOf } from "../../sim/disk/index.ts";
import type { Host } from "../../sim/host.ts";
import { noteRun } from "./code-digest.ts";
import { flagsOf } from "../lib/options.ts";
import { loaderOf } from "./commonjs.ts";
import type { CompiledProgram } from "./compile.ts";
import { isNamespace } from "./modules/namespace.ts";
import { afterImports, preload } from "./preload.ts";
import { builtinsOf } from "./run-source.ts";
import { plantFolders } from "./plant.ts";

/** The real function. During a run, the global name is the running process's. */
const enqueue = queueMicrotask;

/** The modules and callbacks of a program that is evaluated. */
export interface EvaluateOptions {
  /** Modules that it may import in addition to those of Node and those on its disk. */
  readonly inject?: Readonly<Record<string, unknown>> | undefined;
  /** Called in the process with the entry's exports, once its top level has finished. */
  readonly main?:
    | ((exports: Record<string, unknown>, node: NodeProcess) => void | Promise<void>)
    | undefined;
}

/** Makes a program's files available on a host's disk. */
export function installProgram(host: Host, { folders }: CompiledProgram): void {
  const { fs } = diskOf(host);
  noteRun(fs, host.kernel);
  if (folders) plantFolders(fs, folders);
}

/** Evaluates a program in a running process. Its code starts to run now. */
export function startCompiled(
  node: NodeProcess,
  program: CompiledProgram,
  options: EvaluateOptions,
): void {
  giveModules(node, options.inject ?? {});
  const { evaluate } = program;
  if (evaluate !== undefined) {
    const { global, requirePublic: require } = node.realm;
    settle(node, evaluate({ global, require }), false, () => options.main?.({}, node));
    return;
  }
  loaderOf(node.realm).esm.sharesImports = program.sharesModules === true;
  startFile(node, program.entry, options.main);
}

/** Injects modules into a process and its children, by name. */
export function giveModules(node: NodeProcess, inject: Readonly<Record<string, unknown>>): void {
  node.injected = inject;
  const loader = loaderOf(node.realm);
  loader.standIns.files = node.standIns;
  loader.builtins = { ...loader.builtins, ...builtinsOf(inject) };
}

/**
 * Runs the file at `path` of the host's disk as the process's main module, in any module format.
 */
export function startFile(node: NodeProcess, path: string, main?: EvaluateOptions["main"]): void {
  const loader = loaderOf(node.realm);
  if (flagsOf(node.realm.process).some((flag) => flag === "--check" || flag === "-c")) {
    loader.check(loader.findMain(path));
    node.loop.checkIdle();
    return;
  }
  loader.runMain = (other) => afterImports(node, () => runFile(node, other, main));
  // What was preloaded may have replaced it.
  if (preload(node)) node.realm.requirePublic("module").runMain(path);
  else loader.runMain(path);
}

function runFile(node: NodeProcess, path: string, main?: EvaluateOptions["main"]): void {
  const loader = loaderOf(node.realm);
  if (path.startsWith("data:")) {
    settle(node, loader.esm.import(path, "/"), true);
    return;
  }
  const found = loader.findMain(path);
  if (!loader.isEsModule(found)) {
    let exports: unknown;
    node.async.main(() => {
      exports = loader.importFile(found, true);
    });
    if (main === undefined) node.loop.checkIdle();
    else settle(node, Promise.resolve(), false, () => main(namesOf(exports), node));
    return;
  }
  // Node evaluates an ES module in a microtask, so its promises run before its ticks.
  const evaluated = new Promise<object>((resolve) =>
    enqueue(() => resolve(loader.esm.runMain(found))),
  );
  settle(node, evaluated, true, (exports) => main?.(exports as Record<string, unknown>, node));
}

/** Runs text as the process's main module, an ES module in its working directory. */
export function startModule(node: NodeProcess, text: string, name: string): void {
  const { cwd } = node.realm.process as { cwd(): string };
  settle(node, loaderOf(node.realm).esm.runText(text, posix.join(cwd(), name)), true);
}

function settle(
  node: NodeProcess,
  evaluated: Promise<unknown>,
  isModule: boolean,
  main?: (exports: unknown) => void | Promise<void>,
): void {
  // As in Node, an exception at the top level of an ES module is a rejection of its evaluation.
  node.settled = false;
  let entered: void | Promise<void>;
  evaluated
    .then(
      (exports) => {
        entered = main?.(exports);
        return entered;
      },
      (thrown: unknown) => node.uncaught(thrown, isModule),
    )
    .then(
      () => {
        node.settled = true;
      },
      (thrown: unknown) => {
        node.settled = true;
        if (entered) noteRejection(thrown, entered);
        node.uncaught(thrown, true);
      },
    );
  node.loop.checkIdle();
}

/** Returns a CommonJS program's exports, by the names that an ES module would have. */
function namesOf(exports: unknown): Record<string, unknown> {
  const isObject = typeof exports === "object" && exports !== null;
  if (isObject && (isNamespace(exports) || "__esModule" in exports)) {
    return exports as Record<string, unknown>;
  }
  return { ...(isObject ? exports : {}), default: exports };
}

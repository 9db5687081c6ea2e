/** Runs a program in a process that is there already. */
import { posix } from "node:path";
import { noteRejection } from "../rejection-frames.ts";
import type { NodeProcess } from "../node-process.ts";
import { diskOf } from "../../sim/disk/index.ts";
import type { Host } from "../../sim/host.ts";
import { noteRun } from "./code-digest.ts";
import { loaderOf } from "./commonjs.ts";
import type { CompiledProgram } from "./compile.ts";
import { isNamespace } from "./modules/namespace.ts";
import { builtinsOf } from "./run-source.ts";
import { plantFolders } from "./plant.ts";

/** The real one: during a run, the name gives the one of the process that runs. */
const enqueue = queueMicrotask;

/** What a program is given, and told, when it is evaluated. */
export interface EvaluateOptions {
  /** Modules that it may import beside those of Node and those on its disk. */
  readonly inject?: Readonly<Record<string, unknown>> | undefined;
  /** Called in the process with the entry's exports, once its top level has finished. */
  readonly main?:
    | ((exports: Record<string, unknown>, node: NodeProcess) => void | Promise<void>)
    | undefined;
}

/** Puts a program's files on the disk of a host. */
export function installProgram(host: Host, { folders }: CompiledProgram): void {
  const { fs } = diskOf(host);
  noteRun(fs, host.kernel);
  if (folders) plantFolders(fs, folders);
}

/** Evaluates a program in a process that is running: its code runs from here on. */
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
  startFile(node, program.entry, options.main);
}

/** What Lightcone gives a process, and its children, by name. */
export function giveModules(node: NodeProcess, inject: Readonly<Record<string, unknown>>): void {
  node.injected = inject;
  const loader = loaderOf(node.realm);
  loader.builtins = { ...loader.builtins, ...builtinsOf(inject) };
}

/** Runs the file at `path` of the host's disk as the process's main module, of whatever kind it is. */
export function startFile(node: NodeProcess, path: string, main?: EvaluateOptions["main"]): void {
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
  // Node evaluates an ES module in a microtask: its promises come before its ticks.
  const evaluated = new Promise<object>((resolve) =>
    enqueue(() => resolve(loader.esm.runMain(found))),
  );
  settle(node, evaluated, true, (exports) => main?.(exports as Record<string, unknown>, node));
}

/** Runs text as the process's main module, an ES module that lies in its working directory. */
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
  // What an ES module throws at its top level is a rejection of its evaluation, in Node's words too.
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

/** What a CommonJS program exports, as an ES module would show it. */
function namesOf(exports: unknown): Record<string, unknown> {
  const isObject = typeof exports === "object" && exports !== null;
  if (isObject && (isNamespace(exports) || "__esModule" in exports)) {
    return exports as Record<string, unknown>;
  }
  return { ...(isObject ? exports : {}), default: exports };
}

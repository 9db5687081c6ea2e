/** Runs a compiled program in a process that is there already. */
import { noteRejection } from "../rejection-frames.ts";
import type { NodeProcess } from "../node-process.ts";
import { diskOf } from "../../sim/disk/index.ts";
import type { CompiledProgram } from "./compile.ts";
import { plantProvided } from "./plant.ts";
import { programScope } from "./scope.ts";

/** The real one: during a run, the name gives the one of the process that runs. */
const enqueue = queueMicrotask;

/** What a program is given, and told, when it is evaluated. */
export interface EvaluateOptions {
  /** The modules that the program was compiled to be given. */
  readonly inject?: Readonly<Record<string, unknown>>;
  /** Called in the process with the entry's exports, once its top level has finished. */
  readonly main?: (exports: Record<string, unknown>, node: NodeProcess) => void | Promise<void>;
}

/** Evaluates a program in a process that is running: its code runs from here on. */
export function startCompiled(
  node: NodeProcess,
  program: CompiledProgram,
  options: EvaluateOptions,
): void {
  const inject = options.inject ?? {};
  node.injected = inject;
  if (program.provided) plantProvided(diskOf(node.process.host).fs, program.provided);
  const scope = programScope(node.realm, program, inject);
  let published: Record<string, unknown> = {};
  const evaluate = (): Promise<void> =>
    program.evaluate({
      ...scope,
      publish: (exports) => {
        published = exports;
      },
    });
  // Node evaluates an ES module in a microtask: its promises come before its ticks.
  const evaluated = program.isModule
    ? new Promise<void>((resolve) => enqueue(() => resolve(evaluate())))
    : evaluate();
  // What an ES module throws at its top level is a rejection of its evaluation, in Node's words too.
  node.settled = false;
  let main: void | Promise<void>;
  evaluated
    .then(
      () => {
        main = options.main?.(published, node);
        return main;
      },
      (thrown: unknown) => node.uncaught(thrown, program.isModule === true),
    )
    .then(
      () => {
        node.settled = true;
      },
      (thrown: unknown) => {
        node.settled = true;
        if (main) noteRejection(thrown, main);
        node.uncaught(thrown, true);
      },
    );
  node.loop.checkIdle();
}

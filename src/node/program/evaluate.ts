/** Runs a compiled program in a process that is there already. */
import type { NodeProcess } from "../node-process.ts";
import type { CompiledProgram } from "./compile.ts";

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
  const require = (id: string): unknown =>
    Object.hasOwn(inject, id) ? inject[id] : node.realm.requirePublic(id);
  let published: Record<string, unknown> = {};
  const evaluated = program.evaluate({
    global: node.global,
    require,
    publish: (exports) => {
      published = exports;
    },
  });
  // A rejection of the top level is an uncaught exception, as for any ES module.
  evaluated
    .then(
      () => options.main?.(published, node),
      (thrown: unknown) => node.uncaught(thrown, false),
    )
    .catch((thrown: unknown) => node.uncaught(thrown, true));
  node.loop.checkIdle();
}

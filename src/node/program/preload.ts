/** Modules that the command line names, to be loaded before a process's program: --require and --import. */
import { flagsOf, valuesOf } from "../lib/options.ts";
import type { NodeProcess } from "../node-process.ts";
import { loaderOf } from "./commonjs.ts";
import { traceLimitOwner } from "./trace-limit.ts";

/** Sets what `--stack-trace-limit` says. */
function limitStackTraces(flags: readonly string[]): void {
  const limit = valuesOf(flags, "--stack-trace-limit").at(-1);
  if (limit === undefined) return;
  (traceLimitOwner(Error) as { stackTraceLimit: number }).stackTraceLimit = Number(limit);
}

/** Loads what --require names. Returns whether there is any. */
export function preload(node: NodeProcess): boolean {
  limitStackTraces(flagsOf(node.realm.process));
  const requests = valuesOf(flagsOf(node.realm.process), "-r", "--require");
  if (requests.length > 0) loaderOf(node.realm).preload(requests);
  return requests.length > 0;
}

/** Loads what --import names, and calls `next` then: at once if there is nothing. */
export function afterImports(node: NodeProcess, next: () => void): void {
  const requests = valuesOf(flagsOf(node.realm.process), "--import");
  if (requests.length === 0) {
    next();
    return;
  }
  const { esm } = loaderOf(node.realm);
  const { cwd } = node.realm.process as { cwd(): string };
  const from = `${cwd()}/[eval1]`;
  const load = async (): Promise<void> => {
    for (const request of requests) await esm.import(request, from);
    node.settled = true;
    next();
  };
  node.settled = false;
  load().catch((thrown: unknown) => {
    node.settled = true;
    node.uncaught(thrown, true);
  });
  node.loop.checkIdle();
}

/**
 * The runner process: loads one world and runs it repeatedly on request. Runs are synchronous and may never
 * end, so a watchdog thread observes them and informs the supervisor.
 */
import { InvariantError, LightconeError, messageOf } from "../base/errors.ts";
import { type FaceModules, loadWorld, type LoadedWorld } from "../world/load.ts";
import { runWorld } from "../world/run.ts";
import type { Answer, CarriedError, Question, WorldInfo } from "./protocol.ts";
import { tuneEngine } from "./tune-engine.ts";
import { startWatchdog, type Watchdog } from "./watchdog.ts";

const ALIVE_MS = 200;

/** Serves runs to the process that forked this one, until the channel is closed. */
export function serveRuns(modules: FaceModules): void {
  let world: LoadedWorld | undefined;
  let watchdog: Watchdog | undefined;
  let queue: Promise<void> = Promise.resolve();

  const answer = async (question: Question): Promise<Answer> => {
    const { id } = question;
    try {
      if (question.kind === "load") {
        watchdog ??= await startWatchdog();
        watchdog.begin();
        const startMs = performance.now();
        // Compiling takes time but does not block this thread; a world file that never ends does.
        const alive = setInterval(watchdog.beat, ALIVE_MS);
        world = await loadWorld(question.path, modules).finally(() => clearInterval(alive));
        if (question.calm) world = { ...world, plan: { ...world.plan, faults: [], byHand: false } };
        return { id, kind: "loaded", info: infoOf(world, performance.now() - startMs) };
      }
      if (!world) throw new InvariantError("a run is asked for before the world is loaded");
      watchdog?.begin();
      const outcome = await runWorld(world, question.request, watchdog?.beat);
      tuneEngine();
      return { id, kind: "outcome", outcome };
    } catch (error) {
      return { id, kind: "error", error: carry(error) };
    } finally {
      watchdog?.end();
    }
  };

  process.on("message", (question: Question) => {
    queue = queue
      .then(() => answer(question))
      .then((reply) => void (process.connected && process.send?.(reply)));
  });
  // Ctrl-C reaches the whole process group, and so does the SIGTERM of `timeout`. The supervisor handles
  // them.
  process.on("SIGINT", () => {});
  process.on("SIGTERM", () => {});
  process.on("disconnect", () => process.exit(0));
}

function infoOf(loaded: LoadedWorld, loadMs: number): WorldInfo {
  const { path, plan, assertions, unsetVariables, takePrinted } = loaded;
  return {
    name: plan.name,
    path,
    hosts: plan.hosts.length,
    hostNames: plan.hosts.map(({ name }) => name),
    durationNs: plan.durationNs,
    survivals: plan.survived.survivals,
    hasFaults: plan.faults.length > 0,
    hasCalm: plan.faults.length > 0 && plan.calmNs > 0,
    assertions,
    unsetVariables,
    printed: takePrinted(),
    loadMs,
  };
}

function carry(error: unknown): CarriedError {
  if (error instanceof LightconeError) {
    return { code: error.code, message: error.message, hint: error.hint, stack: undefined };
  }
  const stack = error instanceof Error ? error.stack : undefined;
  return { code: "LC_BUG", message: messageOf(error), hint: undefined, stack };
}

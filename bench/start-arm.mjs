/**
 * One arm of the group `start`: a process that uses one build of Lightcone. On request it starts a program or runs a
 * world a number of times, and answers with the processor time of each in milliseconds, including V8's background
 * threads.
 *
 * `node start-arm.mjs DIST program|world FILE`, forked: a message is a number of repetitions, and the answer
 * `{ cpuMs: [...], events }`, or `{ error }`.
 */
import { pathToFileURL } from "node:url";

const [dist, kind, file] = process.argv.slice(2);
const load = (name) => import(pathToFileURL(`${dist}/${name}`).href);

// Inside a run, the process's clocks are simulated.
const cpuUsage = process.cpuUsage.bind(process);
const events = { count: 0 };
const once = await (kind === "world" ? worldRuns() : programStarts());

process.on("message", async (repetitions) => {
  const cpuMs = [];
  try {
    for (let i = 0; i < repetitions; i++) {
      const before = cpuUsage();
      await once();
      const { user, system } = cpuUsage(before);
      cpuMs.push((user + system) / 1_000);
    }
    process.send({ cpuMs, events: events.count });
  } catch (error) {
    process.send({ error: error?.message ?? String(error) });
  }
});
process.on("disconnect", () => process.exit());
process.send("ready");

/** Starts a host with the program and runs it for a simulated second without any requests. */
async function programStarts() {
  const { compileProgram, simulate, startProgram } = await load("node/index.js");
  const { Host } = await load("sim/host.js");
  const { Kernel } = await load("sim/kernel.js");
  const { Network } = await load("sim/network/index.js");
  const program = await compileProgram({ entry: file });
  let seed = 0;
  return () =>
    simulate(() => {
      const kernel = new Kernel({ seed: ++seed });
      const network = new Network(kernel);
      const host = new Host(kernel, { id: 1, name: "host" });
      network.attach(host);
      const onUncaught = (thrown) => {
        throw thrown;
      };
      startProgram(host.spawn(), program, { cwd: program.home ?? "/", onUncaught });
      kernel.run(1e9);
      for (const process of [...host.processes])
        process.terminate({ code: null, signal: "SIGKILL" });
    });
}

/** Runs the world, with a new seed each time, as the processes of a campaign do. */
async function worldRuns() {
  const { loadWorld } = await load("world/load.js");
  const { runWorld } = await load("world/run.js");
  // Older builds have it beside the flags.
  const { tuneEngine } = await load("explore/tune-engine.js").catch(() =>
    load("explore/engine-flags.js"),
  );
  const names = ["blocks", "check", "history"];
  const modules = {};
  for (const name of names) modules[`lightcone/${name}`] = await load(`${name}/index.js`);
  const world = await loadWorld(file, modules);
  let seed = 0;
  return async () => {
    const outcome = await runWorld(world, { seed: ++seed });
    tuneEngine();
    if (outcome.verdict === "violated" && world.plan.faults.length === 0) {
      throw new Error(`seed ${seed}: ${JSON.stringify(outcome.violations[0])}`);
    }
    events.count = outcome.events;
  };
}

/** What the worlds of the benchmarks share: hosts on a network, each with a compiled program. */
import { fileURLToPath } from "node:url";
import { compileProgram, simulate, startProgram } from "../../dist/node/index.js";
import { Host } from "../../dist/sim/host.js";
import { Kernel } from "../../dist/sim/kernel.js";
import { Network } from "../../dist/sim/network/index.js";

const compiled = new Map();

/** Compiles a program of this folder, once. */
export async function programNamed(name) {
  let program = compiled.get(name);
  if (program === undefined) {
    const entry = fileURLToPath(new URL(`programs/${name}.mjs`, import.meta.url));
    program = await compileProgram({ entry });
    compiled.set(name, program);
  }
  return program;
}

// Inside a run the real clock is out of reach.
const realNow = performance.now.bind(performance);

/**
 * Builds a world and runs it, both timed; the compiling of its programs is not. `hosts` are
 * `{ name, program, argv }`. It ends after `simSeconds`, or (unless `runOn`) with the first program that
 * does. Gives the exports of each host's program, by host, and the seconds.
 */
export async function runWorld({ seed = 1, latencyNs, simSeconds, hosts, runOn = false }) {
  const programs = new Map();
  for (const { program } of hosts) programs.set(program, await programNamed(program));
  return simulate(() => {
    const startMs = realNow();
    const kernel = new Kernel({ seed });
    const network = new Network(kernel);
    network.setLatency({ minNs: latencyNs[0], maxNs: latencyNs[1] });
    const exportsOf = {};
    const machines = hosts.map(({ name }, index) => new Host(kernel, { id: index + 1, name }));
    for (const machine of machines) network.attach(machine);
    hosts.forEach(({ name, program, argv }, index) => {
      startProgram(machines[index].spawn(), programs.get(program), {
        argv,
        onUncaught: (thrown) => {
          throw thrown;
        },
        main: (exports) => {
          exportsOf[name] = exports;
        },
        onExit: () => {
          if (!runOn) kernel.stop();
        },
      });
    });
    kernel.run(simSeconds * 1e9);
    return { exportsOf, wallSeconds: (realNow() - startMs) / 1000, kernel };
  });
}

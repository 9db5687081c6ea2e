/** Runs one program on a simulated host, in a real process of its own, and sends how it went to the parent. */
import { dirname } from "node:path";
import { compileProgram, simulate, startProgram } from "../../dist/node/index.js";
import { Host } from "../../dist/sim/host.js";
import { Kernel } from "../../dist/sim/kernel.js";
import { Network } from "../../dist/sim/network/index.js";

/** A program that is still running after this virtual time waits for something that will not happen. */
const VIRTUAL_LIMIT_NS = 600e9;

async function run(entry) {
  const program = await compileProgram({ entry });
  return simulate(() => {
    const kernel = new Kernel({ seed: 1 });
    const host = new Host(kernel, { id: 1, name: "alone" });
    new Network(kernel).attach(host);
    const outcome = { stdout: "", stderr: "", code: null, signal: "(still runs)" };
    startProgram(host.spawn(), program, {
      cwd: dirname(entry),
      onOutput: (stream, chunk) => {
        outcome[stream] += chunk;
      },
      onExit: ({ code, signal }) => Object.assign(outcome, { code, signal }),
    });
    kernel.run(VIRTUAL_LIMIT_NS);
    return outcome;
  });
}

const failed = (error) => ({
  stdout: "",
  stderr: String(error?.stack ?? error),
  code: null,
  signal: "(could not be run)",
});
process.send(await run(process.argv[2]).catch(failed));
process.disconnect();

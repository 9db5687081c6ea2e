/** Runs `programs/everything.mjs` in a world of two hosts over a lossy network. */
import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { compileProgram, simulate, startProgram } from "../../src/node/index.ts";
import { Host } from "../../src/sim/host.ts";
import { Kernel } from "../../src/sim/kernel.ts";
import { Network } from "../../src/sim/network/index.ts";

const entry = fileURLToPath(new URL("programs/everything.mjs", import.meta.url));
const fixture = (name: string): string =>
  readFileSync(new URL(`../node-tls/keys/${name}`, import.meta.url), "utf8");

/** One run: what the programs said, how the client ended, and the run's fingerprint. */
export interface Everything {
  readonly output: string;
  readonly exitCode: number | null | undefined;
  readonly fingerprint: string;
  readonly events: number;
}

export async function runEverything(seed: number): Promise<Everything> {
  const program = await compileProgram({ entry });
  const env = { CERT: fixture("self-cert.pem"), KEY: fixture("self-key.pem") };
  return simulate(() => {
    const kernel = new Kernel({ seed });
    const network = new Network(kernel);
    let output = "";
    let exitCode: number | null | undefined;
    for (const [i, name] of ["server", "client"].entries()) {
      const host = new Host(kernel, { id: i + 1, name });
      network.attach(host);
      startProgram(host.spawn(), program, {
        argv: [name],
        env,
        onOutput: (_stream, text) => {
          output += `${name}: ${text}`;
        },
        onExit: (end) => {
          if (name === "client") exitCode = end.code;
        },
      });
    }
    network.configure({ minLatencyNs: 1e6, maxLatencyNs: 5e6, loss: 0.02 });
    kernel.run(60e9);
    return { output, exitCode, fingerprint: kernel.fingerprint.digest(), events: kernel.eventId };
  });
}

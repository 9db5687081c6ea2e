/**
 * Runs a package's program on two arms: on simulated hosts, and as real processes on loopback. A program
 * is one file with two roles, `server` and `client`; what the client prints is what is compared.
 */
import { spawn } from "node:child_process";
import { freePort } from "../../tools/free-port.mjs";
import { compileProgram, mapStack, simulate, startProgram } from "../../src/node/index.ts";
import { Host } from "../../src/sim/host.ts";
import { Kernel } from "../../src/sim/kernel.ts";
import { Network } from "../../src/sim/network/index.ts";

/** How the hosts are joined. */
export interface Wire {
  readonly latencyMs: readonly [number, number];
  readonly loss: number;
}

export const goodWire: Wire = { latencyMs: [0.2, 1], loss: 0 };
/** A bad day on a mobile network: half a second there and back, one packet in twenty lost. */
export const badWire: Wire = { latencyMs: [100, 300], loss: 0.05 };

/** What happened. */
export interface Transcript {
  /** What the client wrote to its standard output. */
  readonly output: string;
  readonly exitCode: number | null;
  /** What either side wrote to its standard error, and the server to its output. */
  readonly aside: string;
  readonly fingerprint?: string;
}

const LIMIT_NS = 600e9;
/** When the client starts: the server has had time to load and to listen. */
const CLIENT_START_NS = 2e9;

/** Runs the program on two simulated hosts. */
export async function simulated(entry: string, wire: Wire, seed = 1): Promise<Transcript> {
  const program = await compileProgram({ entry });
  return simulate(() => {
    const kernel = new Kernel({ seed });
    const network = new Network(kernel);
    const [server, client] = ["server", "client"].map((name, i) => {
      const host = new Host(kernel, { id: i + 1, name });
      network.attach(host);
      return host;
    }) as [Host, Host];
    const [minMs, maxMs] = wire.latencyMs;
    network.configure({ minLatencyNs: minMs * 1e6, maxLatencyNs: maxMs * 1e6, loss: wire.loss });
    let output = "";
    let aside = "";
    let exitCode: number | null = null;
    const env = { SERVER: "server", PORT: "7000", NODE_ENV: "test" };
    startProgram(server.spawn(), program, {
      argv: ["server"],
      env,
      onOutput: (_stream, text) => {
        aside += mapStack(text);
      },
    });
    kernel.run(CLIENT_START_NS);
    startProgram(client.spawn(), program, {
      argv: ["client"],
      env,
      onOutput: (stream, text) => {
        if (stream === "stdout") output += text;
        else aside += mapStack(text);
      },
      onExit: (end) => {
        exitCode = end.code;
        kernel.stop();
      },
    });
    kernel.run(LIMIT_NS);
    return { output, exitCode, aside, fingerprint: kernel.fingerprint.digest() };
  });
}

/** Runs the program as two real processes on loopback. */
export async function real(entry: string): Promise<Transcript> {
  const env = {
    ...process.env,
    SERVER: "127.0.0.1",
    PORT: String(await freePort()),
    NODE_ENV: "test",
    NODE_NO_WARNINGS: "1",
  };
  const server = spawn(process.execPath, [entry, "server"], {
    env,
    stdio: ["ignore", "pipe", "pipe"],
  });
  let aside = "";
  server.stderr.on("data", (chunk) => (aside += chunk));
  await new Promise<void>((ready, failed) => {
    server.stdout.on("data", (chunk: Buffer) => {
      aside += chunk;
      if (aside.includes("ready")) ready();
    });
    server.on("exit", (code) => failed(new Error(`the server ended with ${code}: ${aside}`)));
  });
  const client = spawn(process.execPath, [entry, "client"], {
    env,
    stdio: ["ignore", "pipe", "pipe"],
  });
  let output = "";
  client.stdout.on("data", (chunk) => (output += chunk));
  client.stderr.on("data", (chunk) => (aside += chunk));
  const timer = setTimeout(() => client.kill("SIGKILL"), 30_000);
  const exitCode = await new Promise<number | null>((ended) => client.on("close", ended));
  clearTimeout(timer);
  server.removeAllListeners("exit");
  server.kill("SIGKILL");
  return { output, exitCode, aside };
}

/**
 * Runs a package's program on two arms: on simulated hosts, and as real processes on loopback. A program
 * is one file with two roles, `server` and `client`; what the client prints is what is compared. A client that
 * prints the line `!crash` has its server killed, and started again half a second later.
 */
import { type ChildProcess, spawn } from "node:child_process";
import { setTimeout } from "node:timers/promises";
import { onTestFinished } from "vitest";
import { freePort } from "../../tools/free-port.mjs";
import { compileProgram, mapStack, simulate, startProgram } from "../../src/node/index.ts";
import { Host } from "../../src/sim/host.ts";
import { Kernel, type KernelObserver } from "../../src/sim/kernel.ts";
import { Kind } from "../../src/trace/index.ts";
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

/** What a client prints to have its server killed. */
const CRASH = "!crash\n";
const DOWN_MS = 500;
const LIMIT_NS = 600e9;
/** When the client starts: the server has had time to load and to listen. */
const CLIENT_START_NS = 2e9;

/** Runs the program on two simulated hosts. `observer` sees the events. */
export async function simulated(
  entry: string,
  wire: Wire,
  seed = 1,
  observer?: KernelObserver,
): Promise<Transcript> {
  const program = await compileProgram({ entry });
  return simulate(() => {
    const kernel = new Kernel({ seed, ...(observer && { observer }) });
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
    const serve = (): void => {
      startProgram(server.spawn(), program, {
        argv: ["server"],
        env,
        onOutput: (_stream, text) => {
          aside += mapStack(text);
        },
      });
    };
    const crash = (): void => {
      if (server.processes.size === 0) return;
      server.killAll();
      kernel.schedule(DOWN_MS * 1e6, server.id, Kind.internal, serve, undefined);
    };
    serve();
    kernel.run(CLIENT_START_NS);
    startProgram(client.spawn(), program, {
      argv: ["client"],
      env,
      onOutput: (stream, text) => {
        if (stream === "stdout" && text === CRASH) {
          kernel.schedule(0, server.id, Kind.internal, crash, undefined);
        } else if (stream === "stdout") output += text;
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

/**
 * Runs the program as two real processes on loopback. Of the environment they get only where programs lie:
 * what whoever runs the tests prefers (colours, a proxy) is not for them.
 */
export async function real(entry: string): Promise<Transcript> {
  const env = {
    PATH: process.env["PATH"],
    LANG: "C.UTF-8",
    SERVER: "127.0.0.1",
    PORT: String(await freePort()),
    NODE_ENV: "test",
    NODE_NO_WARNINGS: "1",
  };
  const start = (role: string): ChildProcess => {
    const child = spawn(process.execPath, [entry, role], {
      env,
      stdio: ["ignore", "pipe", "pipe"],
    });
    // It may take as long as the test may, and no longer.
    onTestFinished(async () => {
      child.kill("SIGKILL");
      await ended(child);
    });
    return child;
  };
  const server = await startServer(start);
  const asides = [server.told];
  const client = start("client");
  const seen = textsOf(client);
  let crashes = 0;
  let last = Promise.resolve(server.process);
  const crash = async (running: ChildProcess): Promise<ChildProcess> => {
    running.kill("SIGKILL");
    await ended(running);
    await setTimeout(DOWN_MS);
    const again = await startServer(start);
    asides.push(again.told);
    return again.process;
  };
  client.stdout?.on("data", () => {
    while (seen.stdout.split(CRASH).length - 1 > crashes) {
      crashes++;
      last = last.then(crash);
      last.catch(() => client.kill("SIGKILL"));
    }
  });
  const exitCode = await ended(client);
  await last;
  const aside = asides.map(({ stdout, stderr }) => stdout + stderr).join("") + seen.stderr;
  return { output: seen.stdout.replaceAll(CRASH, ""), exitCode, aside };
}

/** Starts the server, and waits until it serves. */
async function startServer(
  start: (role: string) => ChildProcess,
): Promise<{ process: ChildProcess; told: Texts }> {
  const server = start("server");
  const told = textsOf(server);
  await new Promise<void>((ready, failed) => {
    server.stdout?.on("data", () => {
      if (told.stdout.includes("ready\n")) ready();
    });
    server.on("error", failed);
    server.on("close", (code) =>
      failed(new Error(`the server ended with ${code}: ${told.stdout}${told.stderr}`)),
    );
  });
  return { process: server, told };
}

interface Texts {
  stdout: string;
  stderr: string;
}

/** What a process writes, as it comes. */
function textsOf(child: ChildProcess): Texts {
  const texts = { stdout: "", stderr: "" };
  for (const stream of ["stdout", "stderr"] as const) {
    child[stream]?.setEncoding("utf8").on("data", (text: string) => (texts[stream] += text));
  }
  return texts;
}

/** The exit code of a process, once all that it has written has been read. */
function ended(child: ChildProcess): Promise<number | null> {
  if (child.exitCode !== null || child.signalCode !== null) return Promise.resolve(child.exitCode);
  return new Promise((done, failed) => {
    child.on("error", failed);
    child.on("close", done);
  });
}

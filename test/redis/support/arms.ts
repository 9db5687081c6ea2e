/**
 * The two arms of the Redis tests: our block on a real socket, and, where it is installed, the real server.
 * Both are started by the test, on free ports of the loopback.
 */
import { spawn, spawnSync } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { connect, createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Server } from "../../../src/blocks/redis/server.ts";

/** A server that tests can talk to. */
export interface Arm {
  readonly name: string;
  readonly port: number;
  stop(): Promise<void>;
}

/** True when the reference server can be started; tests that need it say that they skip. */
export const haveReference: boolean =
  spawnSync("redis-server", ["--version"], { stdio: "ignore" }).status === 0;

/** Our block. */
export async function startOurs(settings: Record<string, string> = {}): Promise<Arm> {
  const server = new Server(settings);
  const port = await server.listen(0, "127.0.0.1");
  return { name: "lightcone", port, stop: () => server.close() };
}

/** The real server, with nothing kept on disk. */
export async function startReference(settings: Record<string, string> = {}): Promise<Arm> {
  const folder = mkdtempSync(join(tmpdir(), "lightcone-redis-"));
  const port = await freePort();
  const options: Record<string, string> = {
    port: String(port),
    bind: "127.0.0.1",
    dir: folder,
    save: "",
    appendonly: "no",
    "enable-debug-command": "yes",
    ...settings,
  };
  const args = Object.entries(options).flatMap(([name, value]) => [`--${name}`, value]);
  const child = spawn("redis-server", args, { stdio: "ignore" });
  const ended = new Promise<void>((resolve) => child.once("exit", () => resolve()));
  await untilListening(port);
  return {
    name: "redis-server",
    port,
    stop: async () => {
      child.kill("SIGKILL");
      await ended;
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

/** The arms that there are here, with the way to start each. */
export const arms: readonly { name: string; start: typeof startOurs }[] = [
  { name: "lightcone", start: startOurs },
  ...(haveReference ? [{ name: "redis-server", start: startReference }] : []),
];

function freePort(): Promise<number> {
  return new Promise((resolve) => {
    const probe = createServer();
    probe.listen(0, "127.0.0.1", () => {
      const { port } = probe.address() as { port: number };
      probe.close(() => resolve(port));
    });
  });
}

async function untilListening(port: number): Promise<void> {
  for (let attempt = 0; attempt < 400; attempt++) {
    const open = await new Promise<boolean>((resolve) => {
      const socket = connect(port, "127.0.0.1");
      socket.once("connect", () => {
        socket.destroy();
        resolve(true);
      });
      socket.once("error", () => resolve(false));
    });
    if (open) return;
    await new Promise((resolve) => setTimeout(resolve, 25));
  }
  throw new Error(`redis-server did not listen on ${port}`);
}

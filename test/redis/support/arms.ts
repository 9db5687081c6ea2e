/**
 * The two arms of the Redis tests: our block on a real socket, and, where it is installed, the real server.
 * Both are started by the test, on free ports of the loopback.
 */
import { type ChildProcessByStdio, spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Readable } from "node:stream";
import { it } from "vitest";
import { Server } from "../../../src/blocks/redis/server.ts";
import { freePort } from "../../../tools/free-port.mjs";

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
  for (;;) {
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
    const child = spawn("redis-server", args, { stdio: ["ignore", "pipe", "ignore"] });
    const ended = once(child, "exit");
    const output = await untilReady(child);
    if (output.includes("Address already in use")) continue;
    if (child.exitCode !== null) throw new Error(`redis-server did not start:\n${output}`);
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
}

/** The arms that there are here, with the way to start each. */
export const arms: readonly { name: string; start: typeof startOurs }[] = [
  { name: "lightcone", start: startOurs },
  ...(haveReference ? [{ name: "redis-server", start: startReference }] : []),
];

/**
 * Waits until this very server takes connections, or has ended; gives what it wrote. Only its own word counts:
 * that something answers on the port does not say who.
 */
function untilReady(child: ChildProcessByStdio<null, Readable, null>): Promise<string> {
  return new Promise((resolve, reject) => {
    let output = "";
    child.stdout.on("data", (chunk: Buffer) => {
      output += chunk;
      if (output.includes("Ready to accept connections")) resolve(output);
    });
    child.once("error", reject);
    child.once("close", () => resolve(output));
  });
}

/** Says among the tests what is not done where redis-server is not installed. */
export function noteWithoutReference(what: string): void {
  if (!haveReference) it.skip(`redis-server is not installed: ${what}`, () => undefined);
}

/** A scenario on two real Linux stacks: network namespaces, joined by `wire.py`, with a process each. */
import {
  type ChildProcessByStdio,
  execFile,
  execFileSync,
  spawn,
  type SpawnOptionsWithStdioTuple,
  type StdioNull,
  type StdioPipe,
} from "node:child_process";
import { existsSync } from "node:fs";
import type { Readable, Writable } from "node:stream";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import type { Line, Role, Scenario } from "./scenario.ts";

const here = (name: string): string => fileURLToPath(new URL(name, import.meta.url));

const run = promisify(execFile);
const quiet: SpawnOptionsWithStdioTuple<StdioPipe, StdioPipe, StdioNull> = {
  stdio: ["pipe", "pipe", "inherit"],
};

type Child = ChildProcessByStdio<Writable, Readable, null>;

/** Why this machine cannot do it, or `undefined`. */
export function missing(): string | undefined {
  if (process.platform !== "linux" || process.getuid?.() !== 0) return "needs root on Linux";
  if (!existsSync("/dev/net/tun")) return "needs /dev/net/tun";
  const name = `lcprobe${process.pid}`;
  try {
    execFileSync("python3", ["--version"], { stdio: "ignore" });
    execFileSync("ss", ["--version"], { stdio: "ignore" });
    execFileSync("ip", ["netns", "add", name], { stdio: "ignore" });
    execFileSync("ip", ["netns", "del", name], { stdio: "ignore" });
    return undefined;
  } catch {
    return "needs python3, ss and `ip netns`";
  }
}

/** Two namespaces and the wire between them. */
class Lab {
  readonly spaces: readonly [string, string];
  readonly #wire: Child;
  readonly #ready: Promise<void>;
  /** Whether a packet was handed on too late. */
  late = false;

  constructor(name: string, delayMs: number) {
    this.spaces = [`${name}a`, `${name}b`];
    this.#wire = spawn("python3", [here("wire.py"), ...this.spaces, String(delayMs)], quiet);
    this.#ready = lineOf(this.#wire, "ready");
    this.#wire.stdout.on("data", (text: Buffer) => (this.late ||= text.includes("late")));
  }

  async start(): Promise<void> {
    await this.#ready;
    for (const [index, space] of this.spaces.entries()) {
      await run("ip", ["netns", "add", space]);
      await run("ip", ["link", "set", space, "netns", space]);
      await run("ip", ["-n", space, "addr", "add", `10.0.0.${index + 1}/24`, "dev", space]);
      await run("ip", ["-n", space, "link", "set", space, "up"]);
      await run("ip", ["-n", space, "link", "set", "lo", "up"]);
      // As Linux did it until 6.5: the first SYNs at intervals that double, too.
      const setting = "/proc/sys/net/ipv4/tcp_syn_linear_timeouts";
      if (!existsSync(setting)) continue;
      await run("ip", ["netns", "exec", space, "sh", "-c", `echo 0 > ${setting}`]);
    }
  }

  tell(command: string): void {
    this.#wire.stdin.write(`${command}\n`);
  }

  /** A machine forgets every connection; nothing that it says on the way out must be let through. */
  async forget(space: string): Promise<void> {
    await run("ip", ["netns", "exec", space, "ss", "-K", "-a", "-t"]);
  }

  async stop(): Promise<void> {
    this.#wire.kill("SIGKILL");
    // A namespace that was never there cannot be deleted.
    for (const space of this.spaces) await run("ip", ["netns", "del", space]).catch(() => {});
  }
}

let labs = 0;

/** How much too late something may happen in a run that is compared. */
const LATE_MS = 40;

/**
 * What the programs of a scenario note on two real stacks; `undefined` if the machine was too busy to do
 * things when they were to be done.
 */
export async function onKernels(scenario: Scenario): Promise<Line[] | undefined> {
  const lab = new Lab(`lc${process.pid % 100_000}x${labs++}`, scenario.delayMs);
  const lines: Line[] = [];
  const programs = new Map<Role, Child>();
  let zeroMs = 0;
  let booting: Promise<unknown> = Promise.resolve();
  const boot = async (role: Role, bootMs: number): Promise<Child> => {
    const space = lab.spaces[role === "client" ? 0 : 1];
    const words = ["netns", "exec", space, process.execPath, here("peer.mjs")];
    const child = spawn("ip", [...words, JSON.stringify(scenario), role, String(bootMs)], quiet);
    let rest = "";
    child.stdout.on("data", (text: Buffer) => {
      const parts = (rest + text.toString()).split("\n");
      rest = parts.pop() as string;
      for (const part of parts) if (part.startsWith("{")) lines.push(JSON.parse(part) as Line);
    });
    programs.set(role, child);
    await lineOf(child, "ready");
    return child;
  };
  const kill = async (role: Role): Promise<void> => {
    const child = programs.get(role);
    if (child === undefined || child.exitCode !== null || child.signalCode !== null) return;
    const gone = new Promise((tell) => child.once("exit", tell));
    child.kill("SIGKILL");
    await gone;
  };
  try {
    await lab.start();
    const children = [await boot("server", 0), await boot("client", 0)];
    zeroMs = Date.now() + 100;
    for (const child of children) child.stdin.write(String(zeroMs));
    const cuts = new Set<string>();
    const down = new Set<Role>();
    for (const event of [...scenario.events].sort((x, y) => x.at - y.at)) {
      await until(zeroMs + event.at);
      if (Date.now() - zeroMs - event.at > LATE_MS) return undefined;
      if ("way" in event) {
        if (event.verb === "cut") cuts.add(event.way);
        else cuts.delete(event.way);
        if (down.size === 0) lab.tell(`${event.verb} ${event.way}`);
      } else if (event.verb === "kill") {
        await kill(event.role);
      } else if (event.verb === "crash") {
        down.add(event.role);
        // A machine without power neither hears nor speaks.
        for (const way of ["ab", "ba"]) lab.tell(`cut ${way}`);
        const { role } = event;
        // Its next program starts at once, and is connected to the others when it is time.
        const next = scenario.events.find((other) => other.verb === "boot" && other.role === role);
        booting = kill(role)
          .then(() => lab.forget(lab.spaces[role === "client" ? 0 : 1]))
          .then(() => (next === undefined ? undefined : boot(role, next.at)));
        booting.catch(() => {});
      } else {
        await booting;
        if (Date.now() - zeroMs - event.at > LATE_MS) return undefined;
        down.delete(event.role);
        programs.get(event.role)?.stdin.write(String(zeroMs));
        if (down.size > 0) continue;
        for (const way of ["ab", "ba"]) if (!cuts.has(way)) lab.tell(`join ${way}`);
      }
    }
    await until(zeroMs + scenario.forMs);
    return lab.late || lines.some(({ what }) => what === "late") ? undefined : lines;
  } finally {
    await booting.catch(() => {});
    for (const child of programs.values()) child.kill("SIGKILL");
    await lab.stop();
  }
}

function until(ms: number): Promise<void> {
  return new Promise((goOn) => setTimeout(goOn, Math.max(0, ms - Date.now())));
}

function lineOf(child: Child, wanted: string): Promise<void> {
  return new Promise((tell, fail) => {
    child.stdout.on("data", (text: Buffer) => {
      if (text.toString().includes(wanted)) tell();
    });
    child.once("exit", () => fail(new Error(`the process ended before "${wanted}"`)));
  });
}

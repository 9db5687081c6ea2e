/** Runs the command line as users do, built from the sources as they are. */
import { type ChildProcess, spawn, spawnSync } from "node:child_process";
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll } from "vitest";
import { builtPackage } from "./built.ts";

const root = fileURLToPath(new URL("../..", import.meta.url));

/** What a command came to. */
export interface Ran {
  readonly code: number | null;
  readonly stdout: string;
  /** Without the lines of progress, of which a slow machine gets more. */
  readonly stderr: string;
}

/** A line of progress, as it is written now and then to what is no terminal. */
const PROGRESS =
  /^(?:[\d,]+ (?:of [\d,]+ )?runs?|seed 0x\w+ is violated · shrinking|\S+ of \S+ simulated ·) .*\n/gm;

/** The command line, built from the sources as they are. */
export class Lightcone {
  /** An empty directory to work in. */
  readonly cwd: string = mkdtempSync(join(tmpdir(), "lightcone-cli-"));
  readonly #package: string = builtPackage();

  constructor() {
    afterAll(() => rmSync(this.cwd, { recursive: true, force: true }));
  }

  /** The path of a world of these tests. */
  world(name: string): string {
    return join(root, "test/cli/worlds", `${name}.world.ts`);
  }

  /** The path of a module of the built package. */
  module(path: string): string {
    return join(this.#package, "dist", path);
  }

  /** Starts a command; `before` is a line for a shell, which then becomes the command (or does `last`). */
  start(
    args: readonly string[],
    env: Readonly<Record<string, string>> = {},
    before?: string,
    last = 'exec "$@"',
  ): ChildProcess {
    const command = [process.execPath, join(this.#package, "dist/cli/main.js"), ...args] as const;
    const [program, ...rest] =
      before === undefined ? command : ["sh", "-c", `${before} && ${last}`, "sh", ...command];
    return spawn(program as string, rest, {
      cwd: this.cwd,
      env: {
        PATH: process.env["PATH"],
        LIGHTCONE_CACHE: process.env["LIGHTCONE_CACHE"],
        NO_COLOR: "1",
        ...env,
      },
      stdio: ["ignore", "pipe", "pipe"],
    });
  }

  /** Runs a command to its end. */
  run(...args: readonly string[]): Promise<Ran> {
    return ended(this.start(args));
  }
}

/** Waits as long as the test may take. */
export async function until(condition: () => boolean): Promise<void> {
  while (!condition()) await new Promise((look) => setTimeout(look, 50));
}

/** The processes that a process has started and that still run. */
export function childrenOf(pid: number | undefined): number[] {
  return running()
    .filter(({ parent }) => parent === pid)
    .map((child) => child.pid);
}

/** Whether a process still runs. */
export function lives(pid: number): boolean {
  return running().some((process) => process.pid === pid);
}

/** Sends a signal to a process that may have ended meanwhile. */
export function signalTo(pid: number, signal: NodeJS.Signals): void {
  try {
    process.kill(pid, signal);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "ESRCH") throw error;
  }
}

interface Running {
  readonly pid: number;
  readonly parent: number;
}

/** All processes that have not ended. A slim container has no `ps`, and other systems have no `/proc`. */
function running(): Running[] {
  const rows = existsSync("/proc/self/stat")
    ? readdirSync("/proc")
        .filter((name) => /^\d+$/.test(name))
        .map(statusOf)
    : spawnSync("ps", ["-A", "-o", "pid=,ppid=,stat="], { encoding: "utf8" }).stdout.split("\n");
  return rows
    .map((row) => row.trim().split(/\s+/))
    .filter(([, , state]) => state !== undefined && !/^[ZX]/.test(state))
    .map(([pid, parent]) => ({ pid: Number(pid), parent: Number(parent) }));
}

/** "PID PARENT STATE" as Linux tells them; nothing of a process that is gone. */
function statusOf(pid: string): string {
  try {
    const text = readFileSync(`/proc/${pid}/stat`, "utf8");
    // The program's name, in parentheses, may hold anything.
    const [state, parent] = text.slice(text.lastIndexOf(")") + 2).split(" ");
    return `${pid} ${parent} ${state}`;
  } catch {
    return "";
  }
}

/** Waits for a command to end. */
export function ended(child: ChildProcess): Promise<Ran> {
  let stdout = "";
  let stderr = "";
  child.stdout?.setEncoding("utf8").on("data", (text: string) => (stdout += text));
  child.stderr?.setEncoding("utf8").on("data", (text: string) => (stderr += text));
  return new Promise((resolve) => {
    child.on("close", (code) => {
      resolve({ code, stdout, stderr: stderr.replace(PROGRESS, "") });
    });
  });
}

/**
 * Runs a program, given as source text, on two arms: on a simulated host, and by the real Node that runs
 * the tests. What it prints and how it ends is what is compared.
 */
import { spawn } from "node:child_process";
import { mkdirSync, mkdtempSync, realpathSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { expect, onTestFinished } from "vitest";
import { compileProgram, simulate, startProgram } from "../../src/node/index.ts";
import { Host } from "../../src/sim/host.ts";
import { Kernel } from "../../src/sim/kernel.ts";
import { Network } from "../../src/sim/network/index.ts";

/** How a program went. */
export interface Outcome {
  readonly stdout: string;
  readonly stderr: string;
  readonly code: number | null;
  readonly signal: string | null;
}

export interface Setting {
  /** Whether the program changes files of its folder. */
  readonly writesBesideItself?: boolean;
  /** The entry's name, which says what kind of module it is. */
  readonly name?: string;
  /** Files beside the entry, by relative path. */
  readonly files?: Readonly<Record<string, string>>;
  readonly argv?: readonly string[];
  /** Flags for Node, before the entry. */
  readonly execArgv?: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
  readonly seed?: number;
}

const LIMIT_NS = 600e9;

/** Writes a program to a folder of its own for as long as `use` takes. */
export async function inFolder<T>(
  source: string,
  { name = "program.mjs", files = {} }: Setting,
  use: (entry: string) => Promise<T>,
): Promise<T> {
  const folder = realpathSync(mkdtempSync(join(tmpdir(), "lightcone-test-")));
  try {
    for (const [path, text] of Object.entries({ ...files, [name]: source })) {
      mkdirSync(dirname(join(folder, path)), { recursive: true });
      writeFileSync(join(folder, path), text);
    }
    return await use(join(folder, name));
  } finally {
    rmSync(folder, { recursive: true });
  }
}

/** Runs the program at `entry` on a simulated host of its own. */
export async function runHosted(entry: string, setting: Setting = {}): Promise<Outcome> {
  const program = await compileProgram({ entry });
  return simulate(() => {
    const kernel = new Kernel({ seed: setting.seed ?? 1 });
    const host = new Host(kernel, { id: 1, name: "alone" });
    new Network(kernel).attach(host);
    const text = { stdout: "", stderr: "" };
    let end: { code: number | null; signal: string | null } = {
      code: null,
      signal: "(still runs)",
    };
    startProgram(host.spawn(), program, {
      argv: setting.argv ?? [],
      execArgv: setting.execArgv ?? [],
      env: setting.env ?? {},
      cwd: dirname(entry),
      onOutput: (stream, chunk) => {
        text[stream] += chunk;
      },
      onExit: ({ code, signal }) => {
        end = { code, signal };
      },
    });
    kernel.run(LIMIT_NS);
    return { ...text, ...end };
  });
}

/**
 * Runs the program at `entry` on the real Node. Of the environment it gets only where programs lie: what
 * whoever runs the tests prefers (a language, colours) is not for it.
 */
export function runReal(entry: string, setting: Setting = {}): Promise<Outcome> {
  const child = spawn(
    process.execPath,
    [...(setting.execArgv ?? []), entry, ...(setting.argv ?? [])],
    {
      env: { PATH: process.env["PATH"], TZ: "UTC", LANG: "C.UTF-8", ...setting.env },
      stdio: ["ignore", "pipe", "pipe"],
      cwd: dirname(entry),
    },
  );
  // It may take as long as the test may, and no longer.
  onTestFinished(() => void child.kill("SIGKILL"));
  const text = { stdout: "", stderr: "" };
  child.stdout.setEncoding("utf8").on("data", (chunk: string) => (text.stdout += chunk));
  child.stderr.setEncoding("utf8").on("data", (chunk: string) => (text.stderr += chunk));
  return new Promise((ended, failed) => {
    child.on("error", failed);
    child.on("close", (code, signal) => ended({ ...text, code, signal }));
  });
}

/** Runs a program on a simulated host alone. */
export function hosted(source: string, setting: Setting = {}): Promise<Outcome> {
  return inFolder(source, setting, (entry) => runHosted(entry, setting));
}

/**
 * Runs a program on both arms, expects the same output and the same end, and gives the host's. Where the
 * order within the real one is a race, the program must not print it.
 */
export function both(source: string, setting: Setting = {}): Promise<Outcome> {
  return inFolder(source, setting, async (entry) => {
    const first = runHosted(entry, setting);
    // What the real one writes beside itself, the host would find there.
    if (setting.writesBesideItself === true) await first;
    const [host, real] = await Promise.all([first, runReal(entry, setting)]);
    const { stderr: hostAside, ...hostOutcome } = host;
    const { stderr: realAside, ...realOutcome } = real;
    expect(hostOutcome, `host: ${hostAside}\nreal: ${realAside}`).toEqual(realOutcome);
    return host;
  });
}

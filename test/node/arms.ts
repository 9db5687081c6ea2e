/**
 * Runs a program, given as source text, on two arms: on a simulated host, and by the real Node that runs
 * the tests. What it prints and how it ends is what is compared.
 */
import { spawn } from "node:child_process";
import { mkdirSync, mkdtempSync, realpathSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { expect } from "vitest";
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
  /** The entry's name, which says what kind of module it is. */
  readonly name?: string;
  /** Files beside the entry, by relative path. */
  readonly files?: Readonly<Record<string, string>>;
  readonly argv?: readonly string[];
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

/** Runs the program at `entry` on the real Node. */
export function runReal(entry: string, setting: Setting = {}): Promise<Outcome> {
  const { NODE_OPTIONS: _, VITEST: __, ...env } = process.env;
  const child = spawn(process.execPath, [entry, ...(setting.argv ?? [])], {
    env: { ...env, TZ: "UTC", LANG: "C.UTF-8", ...setting.env },
    stdio: ["ignore", "pipe", "pipe"],
    cwd: dirname(entry),
  });
  const text = { stdout: "", stderr: "" };
  child.stdout.on("data", (chunk) => (text.stdout += chunk));
  child.stderr.on("data", (chunk) => (text.stderr += chunk));
  const timer = setTimeout(() => child.kill("SIGKILL"), 20_000);
  return new Promise((ended) =>
    child.on("close", (code, signal) => {
      clearTimeout(timer);
      ended({ ...text, code, signal });
    }),
  );
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
    const [host, real] = await Promise.all([runHosted(entry, setting), runReal(entry, setting)]);
    const { stderr: hostAside, ...hostOutcome } = host;
    const { stderr: realAside, ...realOutcome } = real;
    expect(hostOutcome, `host: ${hostAside}\nreal: ${realAside}`).toEqual(realOutcome);
    return host;
  });
}

/** Builds the command line once a test file, and runs it as users do. */
import { type ChildProcess, spawn, spawnSync } from "node:child_process";
import { copyFileSync, mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll } from "vitest";

const root = fileURLToPath(new URL("../..", import.meta.url));

/** What a command came to. */
export interface Ran {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** The command line, built from the sources as they are. */
export class Lightcone {
  /** An empty directory to work in. */
  readonly cwd: string = mkdtempSync(join(tmpdir(), "lightcone-cli-"));
  readonly #package: string;

  constructor() {
    // Below node_modules, so that the built package finds its dependencies.
    this.#package = join(root, "node_modules", ".cache", `lightcone-test-${process.pid}`);
    const dist = join(this.#package, "dist");
    mkdirSync(dist, { recursive: true });
    const tsc = join(root, "node_modules/typescript/bin/tsc");
    spawnSync(process.execPath, [tsc, "-p", "tsconfig.build.json", "--outDir", dist], {
      cwd: root,
    });
    copyFileSync(join(root, "package.json"), join(this.#package, "package.json"));
    afterAll(() => {
      rmSync(this.#package, { recursive: true, force: true });
      rmSync(this.cwd, { recursive: true, force: true });
    });
  }

  /** The path of a world of these tests. */
  world(name: string): string {
    return join(root, "test/cli/worlds", `${name}.world.ts`);
  }

  /** The path of a module of the built package. */
  module(path: string): string {
    return join(this.#package, "dist", path);
  }

  /** Starts a command. */
  start(args: readonly string[], env: Readonly<Record<string, string>> = {}): ChildProcess {
    return spawn(process.execPath, [join(this.#package, "dist/cli/main.js"), ...args], {
      cwd: this.cwd,
      env: { PATH: process.env["PATH"], NO_COLOR: "1", ...env },
      stdio: ["ignore", "pipe", "pipe"],
    });
  }

  /** Runs a command to its end. */
  run(...args: readonly string[]): Promise<Ran> {
    return ended(this.start(args));
  }
}

/** Waits for a command to end. */
export function ended(child: ChildProcess): Promise<Ran> {
  let stdout = "";
  let stderr = "";
  child.stdout?.setEncoding("utf8").on("data", (text: string) => (stdout += text));
  child.stderr?.setEncoding("utf8").on("data", (text: string) => (stderr += text));
  return new Promise((resolve) => {
    child.on("close", (code) => resolve({ code, stdout, stderr }));
  });
}

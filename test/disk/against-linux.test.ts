/**
 * The simulated `node:fs` and the real one, side by side: the same random operations give the same
 * results, the same error codes and the same messages, by every kind of call.
 */
import * as realFs from "node:fs";
import { chmodSync, mkdtempSync, readdirSync, realpathSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { filesOf } from "../../src/sim/disk/index.ts";
import { Host } from "../../src/sim/host.ts";
import { Kernel } from "../../src/sim/kernel.ts";
import { Kind } from "../../src/trace/kinds.ts";
import { NodeProcess, simulate } from "../../src/node/index.ts";
import {
  anyOperation,
  type Operation,
  type Outcome,
  runCallbacks,
  runPromises,
  runSync,
} from "./operations.ts";

type Fs = typeof realFs;
type Run = (
  fs: Fs,
  root: string,
  operations: readonly Operation[],
) => Outcome[] | Promise<Outcome[]>;

const SIMULATED_ROOT = "/tmp/root";

// The real arm runs as whoever runs the tests; so does the simulated one.
const uid = process.getuid?.() ?? 0;
const gid = process.getgid?.() ?? 0;

/** Runs operations in a process of a simulated host. */
function onSimulated(run: Run, operations: readonly Operation[]): Promise<Outcome[]> {
  return simulate(() => {
    let outcomes: Outcome[] = [];
    const kernel = new Kernel({ seed: 7 });
    const process = new Host(kernel, { id: 1, name: "host" }).spawn();
    const files = filesOf(process);
    const node = new NodeProcess(
      process,
      { argv: ["/main.js"], execArgv: [], env: {}, cwd: "/", title: "node" },
      {
        onUncaught(thrown) {
          throw thrown;
        },
      },
    );
    process.schedule(0, Kind.start, start, undefined);
    function start(): void {
      const fs = node.realm.requirePublic("fs") as Fs;
      fs.mkdirSync(SIMULATED_ROOT);
      fs.chownSync(SIMULATED_ROOT, uid, gid);
      files.uid = uid;
      files.gid = gid;
      const result = run(fs, SIMULATED_ROOT, operations);
      if (Array.isArray(result)) outcomes = result;
      else void result.then((settled) => (outcomes = settled));
    }
    kernel.run(3_600e9);
    return outcomes;
  });
}

async function onReal(run: Run, operations: readonly Operation[]): Promise<Outcome[]> {
  // By its own name: the way to it may lead over a symbolic link.
  const root = realpathSync(mkdtempSync(join(tmpdir(), "lightcone-fs-")));
  try {
    return await run(realFs, root, operations);
  } finally {
    openUp(root);
    rmSync(root, { recursive: true, force: true });
  }
}

/** Lets a user who is not root remove folders whose permissions an operation has taken away. */
function openUp(folder: string): void {
  chmodSync(folder, 0o700);
  for (const entry of readdirSync(folder, { withFileTypes: true })) {
    if (entry.isDirectory()) openUp(join(folder, entry.name));
  }
}

const arms: [string, Run, number][] = [
  ["synchronous calls", runSync, 300],
  ["callbacks", runCallbacks, 100],
  ["promises", runPromises, 100],
];

describe.skipIf(process.platform !== "linux")("the same operations on both file systems", () => {
  it.each(arms)("by %s", async (_name, run, runs) => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(anyOperation, { maxLength: 60, size: "max" }),
        async (operations) => {
          const simulated = await onSimulated(run, operations);
          const real = await onReal(run, operations);
          const pair = (outcomes: Outcome[]): unknown[] =>
            operations.map(({ method, paths, rest }, i) => [method, paths, rest, outcomes[i]]);
          expect(pair(simulated)).toEqual(pair(real));
        },
      ),
      { numRuns: runs, seed: 20_260 },
    );
  });
});

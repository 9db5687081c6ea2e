/** Worlds that a test describes in place, as the text of a world file: each test shows the world it is about. */
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll } from "vitest";
import * as blocks from "../../src/blocks/index.ts";
import * as check from "../../src/check/index.ts";
import type { History } from "../../src/history/operation.ts";
import { type LoadedWorld, loadWorld } from "../../src/world/load.ts";
import type { RunOutcome, RunRequest } from "../../src/world/outcome.ts";
import { runWorld } from "../../src/world/run.ts";

const folder = mkdtempSync(join(tmpdir(), "lightcone-worlds-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));
let written = 0;

/** What the worlds of these tests may use. */
const imports = [
  'import { world } from "lightcone";',
  'import { consistent, linearizable, mutex } from "lightcone/check";',
  'import { redis } from "lightcone/blocks";',
  'import fs from "node:fs";',
  'import { connect, createServer } from "node:net";',
].join(" ");

/** Writes a file beside the worlds of this test; returns its path. */
export function beside(name: string, text: string): string {
  const path = join(folder, name);
  writeFileSync(path, text);
  return path;
}

/** Writes a world file: `body` is what its description says. */
export function worldFile(body: string): string {
  return beside(
    `w${++written}.world.ts`,
    `${imports}\nexport default world("a test", (w) => {\n${body}\n});\n`,
  );
}

/** Loads a world whose description is `body`. */
export function described(body: string): Promise<LoadedWorld> {
  return loadWorld(worldFile(body), { "lightcone/check": check, "lightcone/blocks": blocks });
}

/** Runs a world whose description is `body`, and keeps the history that its checks were given. */
export async function runDescribed(
  body: string,
  request: Partial<RunRequest> = {},
): Promise<RunOutcome & { readonly history: History }> {
  const loaded = await described(body);
  let history: History = { operations: [] };
  const spy = {
    name: "spy",
    judge: (record: { readonly history: History }) => {
      history = record.history;
      return true;
    },
  };
  const plan = { ...loaded.plan, checks: [...loaded.plan.checks, spy] };
  const outcome = await runWorld({ ...loaded, plan }, { seed: 1, ...request });
  return { ...outcome, history };
}

/**
 * SQLite in worlds of tests: the native packages as they are after an installation that cannot be loaded, what stands in for them,
 * and the lines that a program prints.
 */
import { mkdirSync, symlinkSync, writeFileSync } from "node:fs";
import { dirname, join, resolve } from "node:path";
import { expect } from "vitest";
import type { Fault } from "../../src/sim/faults/index.ts";
import { beside, runDescribed } from "./described.ts";

const modules = join(dirname(beside("package.json", "{}\n")), "node_modules");
for (const name of ["better-sqlite3", "sqlite3"]) {
  mkdirSync(join(modules, name), { recursive: true });
  writeFileSync(join(modules, name, "package.json"), `{ "name": "${name}" }`);
  writeFileSync(join(modules, name, "index.js"), 'throw new Error("native");\n');
}

/** Installs the package that stands in. */
export function installSqlite(): void {
  symlinkSync(resolve("node_modules/node-sqlite3-wasm"), join(modules, "node-sqlite3-wasm"));
}

let count = 0;
/** Runs a program of a host with its faults; returns the lines that it prints. */
export async function printed(
  program: string,
  schedule: readonly Fault[] = [],
  name: string = `sqlite${++count}.mjs`,
): Promise<string[]> {
  beside(name, program);
  const body = `w.host("a", "./${name}"); w.tolerate("exits"); w.run("9s");`;
  const { violations, timeline } = await runDescribed(body, { timeline: true, schedule });
  expect(violations).toEqual([]);
  const lines = (timeline ?? []).filter(({ who, tone }) => who === "a" && tone === "note");
  return lines.map(({ text }) => text).filter((text) => text !== "" && !text.startsWith("ends: "));
}

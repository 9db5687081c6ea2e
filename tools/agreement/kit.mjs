/** What the sources of `npm run agreement` share: reading files, and asking for a verdict. */
import { existsSync, readdirSync, readFileSync, statSync } from "node:fs";
import { join, relative } from "node:path";
import { gunzipSync } from "node:zlib";

// LIGHTCONE_DIST points at another build (a file URL or an absolute path), for work on the checkers.
const dist = process.env.LIGHTCONE_DIST
  ? new URL(`file://${process.env.LIGHTCONE_DIST}/`)
  : new URL("../../dist/", import.meta.url);
if (!existsSync(dist)) {
  console.error("agreement: the project is not built; run `npm run build` first");
  process.exit(2);
}

/** The modules under test, as users import them. */
export const { readHistories, HistoryBuilder } = await import(
  new URL("history/index.js", dist).href
);
export const { Budget, findChecker } = await import(new URL("check/index.js", dist).href);

/** A module of the build, by its path in it: for what the public face does not show. */
export const load = (path) => import(new URL(path, dist).href);

/** A file's bytes, unpacked. */
export function readBytes(path) {
  const bytes = readFileSync(path);
  return path.endsWith(".gz") ? gunzipSync(bytes) : bytes;
}

/** The lines of a file, without empty ones. */
export function readLines(path) {
  return readBytes(path)
    .toString("utf8")
    .split("\n")
    .filter((line) => line.trim() !== "");
}

/** The files below `folder` (paths relative to it, sorted), none if it is absent. */
export function filesBelow(folder) {
  if (!existsSync(folder)) return [];
  const found = [];
  const walk = (at) => {
    for (const entry of readdirSync(at)) {
      const path = join(at, entry);
      if (statSync(path).isDirectory()) walk(path);
      else found.push(relative(folder, path));
    }
  };
  walk(folder);
  return found.sort();
}

/** A CSV file as objects by its header; none if it is absent. */
export function readCsv(path) {
  if (!existsSync(path)) return [];
  const [header, ...rows] = readLines(path);
  const names = header.split(",");
  return rows.map((row) => Object.fromEntries(row.split(",").map((cell, i) => [names[i], cell])));
}

/** Reads the first history of a file. */
export function readHistory(path, options = {}) {
  return readHistories(readBytes(path), { name: path, ...options }).histories[0].history;
}

/** The whole result of checking `history`. */
export function check(history, model, { level, initial, settings, timeout = "60s" } = {}) {
  const budget = new Budget({ timeout });
  return findChecker(model, level).check(history, { level, initial, settings, budget });
}

/** true: holds, false: violated, or "unknown". */
export function verdictOf(history, model, options) {
  const { result } = check(history, model, options).verdict;
  return result === "unknown" ? "unknown" : result === "holds";
}

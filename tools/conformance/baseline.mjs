/**
 * What passed when it was last written down, per suite and major version of Node (`baseline.json`), so that
 * a fall is told by name and by exit code. A suite is known by the names of its files: it is the same in
 * every checkout of one version of Node.
 */
import { createHash } from "node:crypto";
import { readFileSync, writeFileSync } from "node:fs";

/** Where the record is kept. */
export const recordFile = new URL("baseline.json", import.meta.url);
const major = process.versions.node.split(".")[0];

/** The name of a suite that holds these files. */
export function suiteOf(files) {
  return createHash("sha256").update(files.join("\n")).digest("hex").slice(0, 12);
}

/** What `file` has for this suite on this major version of Node; undefined when it has nothing. */
export function recorded(suite, file = recordFile) {
  const all = JSON.parse(readFileSync(file, "utf8"));
  return all.find((one) => one.suite === suite && one.node === major);
}

/**
 * Writes down the figures of the modules that were measured. `results` has `{ module, passed, applicable,
 * failing }` for each; the figures of other modules stay.
 */
export function record(suite, results, label) {
  const all = JSON.parse(readFileSync(recordFile, "utf8"));
  const before = all.find((one) => one.suite === suite && one.node === major);
  const modules = { ...before?.modules };
  for (const { module, passed, applicable, failing } of results) {
    modules[module] = { passed, applicable, failing };
  }
  const entry = {
    node: major,
    version: process.version,
    tests: label ?? before?.tests,
    suite,
    modules,
  };
  const others = all.filter((one) => one !== before);
  const next = [...others, entry].sort(
    (a, b) => a.node - b.node || String(a.tests).localeCompare(String(b.tests)),
  );
  writeFileSync(recordFile, `${JSON.stringify(next, null, 2)}\n`);
}

/**
 * Where fewer pass than is written down: one line for each module, with the tests that failed now and did
 * not then. A module that is not in the record has nothing to fall from.
 */
export function falls(before, results) {
  return results.flatMap(({ module, passed, failing, away }) => {
    const then = before.modules[module];
    if (then === undefined || passed >= then.passed) return [];
    const news = failing.filter((name) => !then.failing.includes(name));
    const lost = then.applicable - passed - failing.length;
    const details = [
      ...(news.length > 0 ? [`now failing: ${news.join(", ")}`] : []),
      ...(lost > 0 ? [`${lost} fewer can be asked of the real Node here (${away} cannot)`] : []),
    ];
    return [`${module}: ${passed} pass, ${then.passed} did; ${details.join("; ")}`];
  });
}

/** What can be judged of a test file before it runs, and how its end is judged after. */
import { readFileSync } from "node:fs";

/** The modules whose tests count. */
export const modules = [
  "net",
  "http",
  "dgram",
  "fs",
  "timers",
  "dns",
  "stream",
  "process",
  "https",
  "tls",
  "http2",
];

/** Flags that change nothing that a test could see here. */
const harmless = new Set(["--no-warnings"]);

/** The module that a file tests, or undefined. */
export function moduleOf(file) {
  const match = /^test-([a-z0-9]+)-.*\.js$/.exec(file);
  return match && modules.includes(match[1]) ? match[1] : undefined;
}

/** The flags and environment that a test asks for in its head. */
export function metadataOf(path) {
  const text = readFileSync(path, "latin1");
  const source = text.slice(0, 1_500);
  const flags = /\/\/ Flags:\s+(--.*)/.exec(source)?.[1].trim().split(/\s+/) ?? [];
  const env = /\/\/ Env:\s+(.*)/.exec(source)?.[1].trim().split(/\s+/) ?? [];
  const runner = /require\('node:test'\)/.test(text);
  return { flags, runner, env: Object.fromEntries(env.map((entry) => entry.split("="))) };
}

/** Why such a test cannot be asked of a simulated host, or undefined. */
export function reasonOfKind({ flags, runner }) {
  if (runner) return "test runner: needs node:test, which is not simulated";
  if (flags.some((flag) => flag.replaceAll("_", "-") === "--expose-internals")) {
    return "internals: needs --expose-internals";
  }
  const flag = flags.find((one) => !harmless.has(one));
  return flag === undefined ? undefined : `flags: needs ${flag}`;
}

/** Why a test that skipped itself did so, or undefined. */
export function reasonOfSkip(output) {
  return /^1\.\.0 # Skipped: (.*)$/m.exec(output)?.[1];
}

/** The line of a failed test's output that says most. */
export function firstLine(output) {
  const lines = output.split("\n").map((line) => line.trim());
  const telling = lines.find((line) =>
    /^(Uncaught:?\s*)?\S*(Error|Exception)\b.*:|^Error|Mismatched|LC_/.test(line),
  );
  return (telling ?? lines.find((line) => line !== "") ?? "no output").slice(0, 300);
}

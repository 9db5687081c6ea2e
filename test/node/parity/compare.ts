/** Holds what a simulated process shows of itself against what the real Node does. */
import type { Exception } from "./exceptions.ts";

const MAJOR = Number(process.versions.node.split(".")[0]);

/** What one side printed: how each name is. */
export type Shown = Readonly<Record<string, string>>;

/** A name that is not the same on both sides. */
export interface Difference {
  readonly name: string;
  readonly real: string | undefined;
  readonly host: string | undefined;
}

/** All differences, in the order of names. */
export function differencesOf(real: Shown, host: Shown): Difference[] {
  return [...new Set([...Object.keys(real), ...Object.keys(host)])]
    .filter((name) => real[name] !== host[name])
    .sort()
    .map((name) => ({ name, real: real[name], host: host[name] }));
}

/** The table's entries for the Node that runs. */
export function onThisNode(exceptions: readonly Exception[]): Exception[] {
  return exceptions.filter(({ from = 0, until = Infinity }) => from <= MAJOR && MAJOR <= until);
}

/** What no entry of the table explains, a line each. */
export function unexplained(
  differences: readonly Difference[],
  exceptions: readonly Exception[],
): string[] {
  return differences
    .filter(({ name }) => !exceptions.some(({ names }) => names.test(name)))
    .map(
      ({ name, real, host }) =>
        `${name}: real Node ${real ?? "has none"}, a simulated process ${host ?? "has none"}`,
    );
}

/** Entries of the table that explain nothing any more. */
export function stale(
  differences: readonly Difference[],
  exceptions: readonly Exception[],
): string[] {
  return exceptions
    .filter(({ names }) => !differences.some(({ name }) => names.test(name)))
    .map(({ names, why }) => `${names} (${why})`);
}

/** The versions of a cell from one put to the next, and the assignment of equal appends to versions. */
import type { Operation } from "../../history/operation.ts";

/** A text that the cell certainly had. */
export class Version {
  /** The appended text; empty for the first version of an epoch. */
  readonly token: string;
  /**
   * The append that it shows, once known. For the first version of an epoch its put, except for the cell's
   * initial value.
   */
  by: Operation | undefined;
  next: Version | undefined = undefined;
  readonly reads: Operation[] = [];

  constructor(token: string, by: Operation | undefined) {
    this.token = token;
    this.by = by;
  }
}

/** A put, or the cell's initial value, and the following versions that reads show. */
export interface Epoch {
  readonly put: Operation | undefined;
  readonly first: Version;
}

/** One append that two versions show. */
export interface ShownTwice {
  readonly again: Operation;
  readonly in: readonly [Version, Version];
}

type Appends = ReadonlyMap<string, readonly Operation[]>;

/**
 * Finds the append that each version shows. Among several with the same text, real time excludes those that
 * began after the operations showing the version had ended, or that ended before the preceding operations
 * had begun. Returns `undefined` if that does not leave exactly one.
 */
export function assign(
  epochs: readonly Epoch[],
  appends: Appends,
): ReadonlyMap<Operation, Version> | ShownTwice | undefined {
  const shown = new Map<Operation, Version>();
  let open: Epoch[] = [];
  for (const epoch of epochs) {
    let complete = true;
    for (let version = epoch.first.next; version; version = version.next) {
      const [only, ...more] = appends.get(version.token) as readonly Operation[];
      if (more.length > 0) {
        complete = false;
        continue;
      }
      const there = shown.get(only as Operation);
      if (there) return { again: only as Operation, in: [there, version] };
      version.by = only;
      shown.set(only as Operation, version);
    }
    if (!complete) open.push(epoch);
  }
  while (open.length > 0) {
    const before = shown.size;
    const left: Epoch[] = [];
    for (const epoch of open) {
      const found = narrow(epoch, appends, shown);
      if (found === "contradiction") return undefined;
      if (found === "open") left.push(epoch);
    }
    if (shown.size === before) return undefined;
    open = left;
  }
  return shown;
}

/** Assigns appends to the versions of an epoch for which only one candidate is left. */
function narrow(
  epoch: Epoch,
  appends: Appends,
  shown: Map<Operation, Version>,
): "done" | "open" | "contradiction" {
  const chain: Version[] = [];
  for (let at: Version | undefined = epoch.first; at; at = at.next) chain.push(at);
  // By version: the earliest end of the operations on it or on a later version.
  const ends = new Float64Array(chain.length);
  let end = Infinity;
  for (let i = chain.length - 1; i >= 0; i--) {
    const { by, reads } = chain[i] as Version;
    for (const read of reads) end = Math.min(end, read.completeRank);
    ends[i] = end;
    if (by) end = Math.min(end, by.completeRank);
  }
  let open = false;
  let begin = epoch.put?.invokeRank ?? -1;
  for (let i = 1; i < chain.length; i++) {
    const version = chain[i] as Version;
    for (const read of (chain[i - 1] as Version).reads) begin = Math.max(begin, read.invokeRank);
    if (!version.by) {
      const able = (appends.get(version.token) as readonly Operation[]).filter(
        (append) =>
          !shown.has(append) &&
          append.invokeRank < (ends[i] as number) &&
          append.completeRank > begin,
      );
      if (able.length === 0) return "contradiction";
      if (able.length > 1) open = true;
      else {
        version.by = able[0];
        shown.set(able[0] as Operation, version);
      }
    }
    if (version.by) begin = Math.max(begin, version.by.invokeRank);
  }
  return open ? "open" : "done";
}

/**
 * The kinds of cycle, by Adya's names, and the edges that make up each. There is one name per base kind,
 * and variants with edges of the processes' order (-process) and of real time (-realtime).
 */
import { byGravity } from "./anomalies.ts";
import { PROCESS, REALTIME, RW, RWP, WR, WRP, WW, WWP } from "./graph.ts";

/** How a kind of cycle may use rw edges. */
export type Antidependencies = "none" | "one" | "nonadjacent" | "adjacent";

/** One kind of cycle to search for. */
export interface CycleKind {
  readonly type: string;
  /** The edges it may use without restriction, as bits. */
  readonly passes: number;
  /** The antidependencies it counts, and how it may use them. */
  readonly counts: number;
  readonly antidependencies: Antidependencies;
  /**
   * It must contain one of these edges, which distinguish it from the preceding kind. 0: no such
   * requirement.
   */
  readonly needs: number;
}

const writes = WW | WWP;
const flows = writes | WR | WRP;

const bases: readonly CycleKind[] = [
  { type: "G0", passes: writes, counts: 0, antidependencies: "none", needs: 0 },
  { type: "G1c", passes: flows, counts: 0, antidependencies: "none", needs: WR | WRP },
  { type: "G-single-item", passes: flows, counts: RW, antidependencies: "one", needs: 0 },
  { type: "G-single", passes: flows, counts: RW | RWP, antidependencies: "one", needs: 0 },
  {
    type: "G-nonadjacent-item",
    passes: flows,
    counts: RW,
    antidependencies: "nonadjacent",
    needs: 0,
  },
  {
    type: "G-nonadjacent",
    passes: flows,
    counts: RW | RWP,
    antidependencies: "nonadjacent",
    needs: 0,
  },
  { type: "G2-item", passes: flows, counts: RW, antidependencies: "adjacent", needs: 0 },
  { type: "G2", passes: flows, counts: RW | RWP, antidependencies: "adjacent", needs: 0 },
];

/** All kinds, most severe first. */
export const cycleKinds: readonly CycleKind[] = bases
  .flatMap((base) => [base, variant(base, "process", PROCESS), variant(base, "realtime", REALTIME)])
  .sort((a, b) => byGravity(a.type, b.type));

/** Their names. */
export const cycleTypes: ReadonlySet<string> = new Set(cycleKinds.map((kind) => kind.type));

function variant(base: CycleKind, name: string, bit: number): CycleKind {
  return { ...base, type: `${base.type}-${name}`, passes: base.passes | bit, needs: bit };
}

/** The name of a cycle, given one label for each of its edges. */
export function typeOfCycle(labels: readonly number[]): string {
  let antidependencies = 0;
  let adjacent = false;
  let predicate = false;
  let reads = false;
  let suffix = "";
  for (let i = 0; i < labels.length; i++) {
    const label = labels[i] as number;
    if ((label & (RW | RWP)) !== 0) {
      antidependencies++;
      predicate ||= label === RWP;
      const previous = labels[(i + labels.length - 1) % labels.length] as number;
      adjacent ||= labels.length > 1 && (previous & (RW | RWP)) !== 0;
    }
    reads ||= (label & (WR | WRP)) !== 0;
    if (label === REALTIME) suffix = "-realtime";
    else if (label === PROCESS && suffix === "") suffix = "-process";
  }
  const item = predicate ? "" : "-item";
  let base = reads ? "G1c" : "G0";
  if (antidependencies === 1) base = `G-single${item}`;
  else if (antidependencies > 1) base = adjacent ? `G2${item}` : `G-nonadjacent${item}`;
  return base + suffix;
}

/** The well-known name of a cycle's shape, if there is one. */
export function shapeOfCycle(labels: readonly number[]): string | undefined {
  const text = labels.map(labelText).join(" ");
  if (text === "rw rw") return "write skew";
  if (labels.length === 2 && typeOfCycle(labels) === "G-single-item" && /wr/.test(text))
    return "fractured read";
  if (labels.length === 4 && /^(wr rw wr rw|rw wr rw wr)$/.test(text)) return "long fork";
  if (/^(rw realtime|realtime rw)$/.test(text)) return "stale read";
  if (/^(rw process|process rw)$/.test(text)) return "own write not read";
  if (text === "rw ww" || text === "ww rw") return "lost update";
  return undefined;
}

/** The label of an edge as a word: "ww", "realtime". */
export function labelText(label: number): string {
  return labelNames[label] ?? "?";
}

const labelNames: Readonly<Record<number, string>> = {
  [WW]: "ww",
  [WR]: "wr",
  [RW]: "rw",
  [PROCESS]: "process",
  [REALTIME]: "realtime",
  [WWP]: "ww (predicate)",
  [WRP]: "wr (predicate)",
  [RWP]: "rw (predicate)",
};

/** Subgraphs that have no cycle if a level holds: a quick proof that some cycle rules it out. */
export const cycleExists: readonly {
  readonly type: string;
  readonly level: string;
  readonly passes: number;
  /** Single antidependencies of these kinds may be used between two edges of `passes`. */
  readonly hops: number;
}[] = [
  exists("PL-1", "read-uncommitted", writes),
  exists("PL-2", "read-committed", flows),
  exists("PL-SI", "snapshot-isolation", flows, RW | RWP),
  exists("PL-2.99", "repeatable-read", flows | RW),
  exists("PL-3", "serializable", flows | RW | RWP),
  exists("strong-session-PL-1", "strong-session-read-uncommitted", writes | PROCESS),
  exists("strong-session-PL-2", "strong-session-read-committed", flows | PROCESS),
  exists(
    "strong-session-snapshot-isolation",
    "strong-session-snapshot-isolation",
    flows | PROCESS,
    RW | RWP,
  ),
  exists("strong-session-serializable", "strong-session-serializable", flows | RW | RWP | PROCESS),
  exists("strong-PL-1", "strong-read-uncommitted", writes | REALTIME),
  exists("strong-PL-2", "strong-read-committed", flows | REALTIME),
  exists("strong-snapshot-isolation", "strong-snapshot-isolation", flows | REALTIME, RW | RWP),
  exists("PL-SS", "strict-serializable", flows | RW | RWP | REALTIME),
];

function exists(
  name: string,
  level: string,
  passes: number,
  hops = 0,
): { type: string; level: string; passes: number; hops: number } {
  return { type: `${name}-cycle-exists`, level, passes, hops };
}

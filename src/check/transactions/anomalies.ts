/**
 * The relations between anomalies, and between anomalies and levels: from "this history shows
 * G-single-realtime" to "so it is not strongly snapshot isolated, and therefore not strictly serializable
 * either".
 *
 * The implications follow Adya's definitions and Elle's `consistency_model.clj`.
 */
import { levels, rulingOf, withStronger, withWeaker } from "../levels.ts";

/** If a history shows the key, it also shows each of the values. */
const implied: Readonly<Record<string, readonly string[]>> = {
  G0: ["G1c", "G0-process"],
  "G0-process": ["G1c-process", "G0-realtime"],
  "G0-realtime": ["G1c-realtime"],
  G1a: ["G1"],
  G1b: ["G1"],
  G1c: ["G1", "G1c-process"],
  "G1c-process": ["G1c-realtime", "G1-process"],
  "G1c-realtime": ["G1-realtime"],
  G1: ["G1-process"],
  "G1-process": ["G1-realtime"],
  "G-single-item": ["G-single", "G-single-item-process", "G-nonadjacent-item"],
  "G-single-item-process": [
    "G-single-process",
    "G-single-item-realtime",
    "G-nonadjacent-item-process",
  ],
  "G-single-item-realtime": ["G-single-realtime", "G-nonadjacent-item-realtime"],
  "G-single": ["G-nonadjacent", "GSIb", "G-single-process"],
  "G-single-process": ["G-nonadjacent-process", "G-single-realtime"],
  "G-single-realtime": ["G-nonadjacent-realtime"],
  "G-nonadjacent-item": ["G-nonadjacent", "G2-item", "G-nonadjacent-item-process"],
  "G-nonadjacent-item-process": [
    "G-nonadjacent-process",
    "G2-item-process",
    "G-nonadjacent-item-realtime",
  ],
  "G-nonadjacent-item-realtime": ["G2-item-realtime", "G-nonadjacent-realtime"],
  "G-nonadjacent": ["G2", "G-nonadjacent-process"],
  "G-nonadjacent-process": ["G2-process", "G-nonadjacent-realtime"],
  "G-nonadjacent-realtime": ["G2-realtime"],
  G2: ["G2-process"],
  "G2-item": ["G2", "G2-item-process"],
  "G2-item-process": ["G2-process", "G2-item-realtime"],
  "G2-item-realtime": ["G2-realtime"],
  "G2-process": ["G2-realtime"],
  GSIa: ["GSI"],
  GSIb: ["GSI"],
  // Two committed reads that cannot come from one timeline: one of them was a dirty read.
  "incompatible-order": ["G1a"],
  // A transaction that reads its own future has a wr edge to itself.
  "future-read": ["G1c"],
  "dirty-update": ["G1a"],
  "lost-update": ["write-skew", "G2-item"],
  "write-skew": ["G2"],
};

/** Not implications, but an order of severity, for searching and reporting. */
const graver: Readonly<Record<string, readonly string[]>> = {
  G0: ["G1c"],
  "G0-process": ["G1c-process"],
  "G0-realtime": ["G1c-realtime"],
  G1c: ["G-single", "G2-item"],
  "G1c-process": ["G-single-process", "G2-item-process"],
  "G1c-realtime": ["G-single-realtime", "G2-item-realtime"],
  G2: ["G0-process"],
  "G2-process": ["G0-realtime"],
};

const levelByName = new Map(levels.map((level) => [level.name, level]));
const impliedBy = reverse(implied);

/** These anomalies, and all that they imply. */
export function withImplied(anomalies: Iterable<string>): Set<string> {
  return closure(anomalies, implied);
}

/** These anomalies, and all that imply one of them. */
export function withImplying(anomalies: Iterable<string>): Set<string> {
  return closure(anomalies, impliedBy);
}

/** All anomalies that must be absent for all of `names` (levels) to hold. */
export function forbiddenBy(names: Iterable<string>): Set<string> {
  const forbidden: string[] = [];
  for (const name of withWeaker(names)) forbidden.push(...(levelByName.get(name)?.forbids ?? []));
  return withImplying(forbidden);
}

/** All levels that cannot hold if `anomalies` are present. */
export function impossibleLevels(anomalies: Iterable<string>): Set<string> {
  const present = withImplied(anomalies);
  const hit = levels.filter((level) => level.forbids?.some((anomaly) => present.has(anomaly)));
  return withStronger(hit.map((level) => level.name));
}

/**
 * Splits the levels that `anomalies` rule out into the weakest and the rest (Elle's `:not` and
 * `:also-not`).
 */
export function boundary(anomalies: Iterable<string>): {
  readonly not: readonly string[];
  readonly alsoNot: readonly string[];
} {
  const { violates, alsoViolates } = rulingOf(impossibleLevels(anomalies));
  return { not: violates, alsoNot: alsoViolates };
}

/**
 * The distance of each anomaly from the most severe ones: 0 for those that no other implies. Searches run
 * in this order, so that the most severe explanation of a cycle is found first.
 */
export const anomalyDepth: ReadonlyMap<string, number> = depths();

/** Compares by depth, then by name: the order in which anomalies are searched for and reported. */
export function byGravity(a: string, b: string): number {
  const difference = (anomalyDepth.get(a) ?? 0) - (anomalyDepth.get(b) ?? 0);
  if (difference !== 0) return difference;
  return a < b ? -1 : a > b ? 1 : 0;
}

function depths(): Map<string, number> {
  const edges = new Map<string, Set<string>>();
  for (const table of [implied, graver]) {
    for (const [from, targets] of Object.entries(table)) {
      let out = edges.get(from);
      if (!out) edges.set(from, (out = new Set()));
      for (const target of targets) out.add(target);
    }
  }
  const depth = new Map<string, number>();
  const visit = (name: string, at: number): void => {
    if ((depth.get(name) ?? -1) >= at) return;
    depth.set(name, at);
    for (const next of edges.get(name) ?? []) visit(next, at + 1);
  };
  for (const name of edges.keys()) visit(name, 0);
  for (const level of levels) {
    for (const anomaly of level.forbids ?? []) if (!depth.has(anomaly)) depth.set(anomaly, 0);
  }
  return depth;
}

function closure(
  start: Iterable<string>,
  edges: Readonly<Record<string, readonly string[]>>,
): Set<string> {
  const seen = new Set(start);
  for (const name of seen) for (const next of edges[name] ?? []) seen.add(next);
  return seen;
}

function reverse(edges: Readonly<Record<string, readonly string[]>>): Record<string, string[]> {
  const reversed: Record<string, string[]> = {};
  for (const [from, targets] of Object.entries(edges)) {
    for (const target of targets) (reversed[target] ??= []).push(from);
  }
  return reversed;
}

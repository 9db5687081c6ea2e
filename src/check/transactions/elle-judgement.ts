/**
 * From edges and anomalies to a judgement: names cycles, then determines the levels they rule out. The
 * order of the steps, and which anomaly violates which level, is Elle's (`elle.txn`).
 */
import type { Budget } from "../budget.ts";
import { LightconeError } from "../../base/errors.ts";
import { boundary, byGravity, forbiddenBy, impossibleLevels, withImplying } from "./anomalies.ts";
import { chooseLevel, findLevel, levels } from "../levels.ts";
import type { AnomalySet } from "./anomaly.ts";
import { cycleExists, cycleTypes, shapeOfCycle } from "./cycle-kinds.ts";
import { searchComponent } from "./cycle-search.ts";
import { components, cyclicComponents, graphOf, subgraph, type EdgeList } from "./graph.ts";

/** The expectation that a history is checked against. */
export interface Expectation {
  /** Levels that should hold. Default: strict-serializable. */
  readonly levels?: readonly string[];
  /** Further anomalies that should be absent. */
  readonly anomalies?: readonly string[];
}

/** The anomalies that violate an expectation. */
export function forbiddenAnomalies(expectation: Expectation): Set<string> {
  const forbidden = forbiddenBy((expectation.levels ?? ["strict-serializable"]).map(levelNamed));
  for (const anomaly of withImplying(expectation.anomalies ?? [])) forbidden.add(anomaly);
  return forbidden;
}

/** Returns the level's name in the table. Throws `LC_NO_LEVEL`. */
export function levelNamed(name: string): string {
  const level = findLevel(name)?.name;
  if (level !== undefined) return level;
  throw new LightconeError(
    "LC_NO_LEVEL",
    `there is no level of consistency named ${JSON.stringify(name)}`,
  );
}

const transactional: readonly string[] = levels
  .filter(({ of }) => of === "transactions")
  .map(({ name }) => name);

/**
 * The transaction level that a user means; "causal" is also the name of a level of objects. Throws
 * `LC_NO_LEVEL`.
 */
export function levelAsked(name = "strict-serializable"): string {
  const level = chooseLevel(name, transactional);
  if (level !== undefined) return level;
  throw new LightconeError(
    "LC_NO_LEVEL",
    `transactions are not judged at level ${JSON.stringify(name)}`,
    `Their levels: ${transactional.join(", ")}.`,
  );
}

/**
 * The order that an expectation needs in addition to data dependencies. Real time includes the processes'
 * order.
 */
export function neededOrder(forbidden: ReadonlySet<string>): "realtime" | "process" | "none" {
  for (const type of cycleTypes) {
    if (type.endsWith("-realtime") && forbidden.has(type)) return "realtime";
  }
  for (const type of cycleTypes) {
    if (type.endsWith("-process") && forbidden.has(type)) return "process";
  }
  return "none";
}

/**
 * Adds the cycles of a graph of `count` transactions to `found`. Returns the reason if the search was
 * aborted.
 */
export function findCycles(
  count: number,
  edges: EdgeList,
  labelOrder: readonly number[],
  found: AnomalySet,
  budget: Budget,
): string | undefined {
  const graph = graphOf(count, edges);
  const groups = cyclicComponents(components(graph));
  if (groups.length === 0) return undefined;
  const scratch = new Int32Array(count);
  let spent: string | undefined;
  for (const members of groups) {
    const part = subgraph(graph, members, scratch);
    const result = searchComponent(part, labelOrder, budget);
    for (const cycle of result.cycles) {
      const shape = shapeOfCycle(cycle.labels);
      found.add({
        type: cycle.type,
        ...(shape === undefined ? {} : { shape }),
        transactions: cycle.vertices.map((v) => members[v] as number),
        kinds: cycle.labels,
      });
    }
    for (const type of result.exists)
      found.add({ type, transactions: Array.from(members.subarray(0, 64)) });
    if (result.spent !== undefined) {
      spent = result.spent;
      found.add({ type: "cycle-search-timeout", transactions: [] });
    }
  }
  return spent;
}

/** Whether a history meets the expectation, and the levels it rules out. */
export interface Judgement {
  readonly valid: boolean | "unknown";
  /** The anomalies relevant to the expectation, most severe first. */
  readonly anomalyTypes: readonly string[];
  /** The weakest levels that are ruled out, and the others. */
  readonly not: readonly string[];
  readonly alsoNot: readonly string[];
}

/** Judges the anomalies found. */
export function judge(found: AnomalySet, forbidden: ReadonlySet<string>): Judgement {
  const unsettling = new Set(["empty-transaction-graph", "cycle-search-timeout"]);
  const types = found.types;
  const reportable = withoutRedundantExists(
    types.filter((type) => forbidden.has(type) || unsettling.has(type)),
  ).sort(byGravity);
  if (reportable.length === 0) return { valid: true, anomalyTypes: [], not: [], alsoNot: [] };
  const bad = types.some((type) => forbidden.has(type));
  return { valid: bad ? false : "unknown", anomalyTypes: reportable, ...boundary(types) };
}

/** A "some cycle exists" is reported only if no named anomaly rules out the same level. */
function withoutRedundantExists(types: readonly string[]): string[] {
  const levelOf = new Map(cycleExists.map(({ type, level }) => [type, level]));
  const impossible = impossibleLevels(types.filter((type) => !levelOf.has(type)));
  return types.filter((type) => {
    const level = levelOf.get(type);
    return level === undefined || !impossible.has(level);
  });
}

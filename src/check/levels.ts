/**
 * The lattice of consistency levels, objects and transactions alike: one data table (in `level-table`),
 * and the questions that a verdict asks of it. `docs/consistency.md` is generated from the same table.
 */
import { objectLevels } from "./level-table/objects.ts";
import type { Family, Level } from "./level-table/schema.ts";
import { transactionLevels } from "./level-table/transactions.ts";

export { anomalies } from "./level-table/anomalies.ts";
export type { Anomaly, Example, Family, Level } from "./level-table/schema.ts";

/** Every level: those of transactions from the weakest up, then those of objects from the strongest down. */
export const levels: readonly Level[] = [...transactionLevels, ...objectLevels];

const byName = new Map<string, Level>();
const byAnyName = new Map<string, Level>();
const directlyStronger = new Map<string, string[]>();
for (const level of levels) {
  byName.set(level.name, level);
  for (const name of [level.name, ...(level.aliases ?? [])]) {
    byAnyName.set(name.toLowerCase(), level);
  }
  for (const weaker of level.implies) {
    const above = directlyStronger.get(weaker);
    if (above) above.push(level.name);
    else directlyStronger.set(weaker, [level.name]);
  }
}

/** The level that `name`, in any of its forms and in either case, stands for. */
export function findLevel(name: string): Level | undefined {
  return byName.get(name) ?? byAnyName.get(name.toLowerCase());
}

/** Of `offered` levels (names in the table), the one that a user's `wanted` name means, if any. */
export function chooseLevel(wanted: string, offered: readonly string[]): string | undefined {
  if (offered.includes(wanted)) return wanted;
  const level = findLevel(wanted);
  if (level && offered.includes(level.name)) return level.name;
  // "causal" is a level of objects and, for a model of transactions, the transactional one.
  return wanted === "causal" && offered.includes("causal-cerone") ? "causal-cerone" : undefined;
}

/** These levels, and all weaker ones that hold wherever they do. */
export function withWeaker(names: Iterable<string>): Set<string> {
  const seen = new Set(names);
  for (const name of seen) for (const weaker of byName.get(name)?.implies ?? []) seen.add(weaker);
  return seen;
}

/** These levels, and all stronger ones: where one of the former is violated, so are all of these. */
export function withStronger(names: Iterable<string>): Set<string> {
  const seen = new Set(names);
  for (const name of seen) for (const above of directlyStronger.get(name) ?? []) seen.add(above);
  return seen;
}

/** What a violation of some levels means for the whole table. */
export interface Ruling {
  /** The weakest levels that are violated. */
  readonly violates: readonly string[];
  /** The stronger ones that therefore are violated too, in the order of the table. */
  readonly alsoViolates: readonly string[];
}

/**
 * From levels that are known to be violated: the weakest of them, and all that follow.
 * `among` keeps what follows to one family, as a verdict about plain objects does.
 */
export function rulingOf(violated: Iterable<string>, among?: Family): Ruling {
  const impossible = withStronger(violated);
  const violates: string[] = [];
  const alsoViolates: string[] = [];
  for (const level of levels) {
    if (!impossible.has(level.name)) continue;
    const weaker = withWeaker(level.implies);
    if (![...weaker].some((name) => impossible.has(name))) violates.push(level.name);
    else if (among === undefined || level.of === among) alsoViolates.push(level.name);
  }
  return { violates, alsoViolates };
}

/**
 * The lattice of consistency levels, for objects and transactions: one data table (in `level-table`), and
 * the queries that verdicts need. `docs/consistency.md` is generated from the same table.
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

/** Returns the level with this name or alias, ignoring case. */
export function findLevel(name: string): Level | undefined {
  return byName.get(name) ?? byAnyName.get(name.toLowerCase());
}

/** Returns the one of the `offered` levels (names in the table) that a user's `wanted` name denotes, if any. */
export function chooseLevel(wanted: string, offered: readonly string[]): string | undefined {
  if (offered.includes(wanted)) return wanted;
  const level = findLevel(wanted);
  if (level && offered.includes(level.name)) return level.name;
  // "causal" is a level of objects; for a model of transactions it denotes the transactional level.
  return wanted === "causal" && offered.includes("causal-cerone") ? "causal-cerone" : undefined;
}

/** These levels, and all weaker ones that they imply. */
export function withWeaker(names: Iterable<string>): Set<string> {
  const seen = new Set(names);
  for (const name of seen) for (const weaker of byName.get(name)?.implies ?? []) seen.add(weaker);
  return seen;
}

/** These levels, and all stronger ones. If one of the former is violated, so are all of these. */
export function withStronger(names: Iterable<string>): Set<string> {
  const seen = new Set(names);
  for (const name of seen) for (const above of directlyStronger.get(name) ?? []) seen.add(above);
  return seen;
}

/** The consequences of violated levels for the whole table. */
export interface Ruling {
  /** The weakest levels that are violated. */
  readonly violates: readonly string[];
  /** The stronger levels that are therefore violated as well, in the order of the table. */
  readonly alsoViolates: readonly string[];
}

/**
 * Computes the weakest of the violated levels, and all levels whose violation follows. `among` restricts
 * the consequences to one family, as a verdict about plain objects does.
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

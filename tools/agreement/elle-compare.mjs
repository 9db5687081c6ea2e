/**
 * How our result of an Elle case is compared with Elle's: the verdict, the anomalies by name, the weakest
 * levels ruled out and the others. Anomalies that others of the same result imply carry no news (which of
 * them Elle adds depends on how its search runs over several components), so they are left out on both
 * sides, as is Elle's note that it gave up its search. A difference that remains is explained here only if it can be proven: see `explain`.
 */

const givenUp = "cycle-search-timeout";

/** Elle's or our result in the form in which the two are compared. */
export function comparable(result, { withImplied }) {
  const types = result["anomaly-types"] ?? [];
  const valid = result["valid?"];
  return {
    valid,
    types: types
      .filter((type) => type !== givenUp)
      .filter((type) => !types.some((other) => other !== type && implies(other, type, withImplied)))
      .sort(),
    not: [...(result.not ?? [])].sort(),
    alsoNot: [...(result["also-not"] ?? [])].sort(),
  };
}

function implies(a, b, withImplied) {
  return withImplied([a]).has(b) && !withImplied([b]).has(a);
}

/**
 * Why ours may rightly differ from Elle's; undefined if it may not.
 *
 * The verdict must be the same, whatever Elle names must follow from what we name (a bare "some cycle
 * exists" from any cycle that rules the same level out), and every cycle of ours must be one: each of its
 * edges is explained from the two transactions alone.
 */
export function explain(elle, ours, { withImplied, impossibleLevels }) {
  if (elle["valid?"] !== ours["valid?"]) return undefined;
  const follows = withImplied(ours["anomaly-types"]);
  const ruledOut = impossibleLevels(ours["anomaly-types"]);
  for (const type of elle["anomaly-types"] ?? []) {
    if (type === givenUp || follows.has(type)) continue;
    const all = type.endsWith("-cycle-exists") && [...impossibleLevels([type])];
    if (!all || !all.every((level) => ruledOut.has(level))) return undefined;
  }
  for (const type of ours["anomaly-types"]) {
    for (const { transactions, kinds } of ours.anomalies.of(type)) {
      if (kinds && !kinds.every((kind, i) => isEdge(ours, transactions, i, kind))) return undefined;
    }
  }
  if ((elle["anomaly-types"] ?? []).includes(givenUp)) {
    return "Elle gave its search up after a second (cycle-search-timeout); ours was completed, and what it names is proven edge by edge";
  }
  return "Elle takes the first candidate for each kind of cycle and drops it when its edges are explained as another kind; ours goes on, and what it names is proven edge by edge";
}

function isEdge({ findings, table }, transactions, i, kind) {
  const a = transactions[i];
  const b = transactions[(i + 1) % transactions.length];
  const realtime = 16;
  const process = 8;
  if (kind === realtime) return table.completeRank[a] < table.invokeRank[b];
  if (kind === process) {
    return table.process[a] === table.process[b] && table.completeRank[a] < table.completeRank[b];
  }
  return findings.explain(a, b, kind) !== undefined;
}

/** The cases of a source of verdicts alone, from those of a source of names. */
export async function* verdictsOnly(cases) {
  for await (const { name, expected, judge } of cases) {
    yield {
      name,
      expected: expected.valid,
      async judge() {
        return (await judge()).answer.valid;
      },
    };
  }
}

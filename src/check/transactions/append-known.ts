/** The order of writes that the reads of lists show, for the checks that search for a total order. */
import type { AppendOrder } from "./append-order.ts";
import type { Committed } from "./committed.ts";
import { EdgeList, WW } from "./graph.ts";
import type { TransactionTable } from "./table.ts";

/**
 * Edges between consecutive writers of each list, among those in `part`. Appends that were never read come
 * after all that were.
 */
export function knownAppendOrder(
  table: TransactionTable,
  order: AppendOrder,
  part: Committed,
): EdgeList {
  const edges = new EdgeList();
  const last = new Int32Array(table.keys.length).fill(-1);
  const numberOfVersion = (version: number): number => {
    const writer = table.versionWriter[version] as number;
    return writer < 0 ? -1 : (part.numberOf[writer] as number);
  };
  for (let key = 0; key < table.keys.length; key++) {
    for (let i = order.start[key] as number; i < (order.start[key + 1] as number); i++) {
      const c = numberOfVersion(order.versions[i] as number);
      if (c < 0) continue;
      const before = last[key] as number;
      if (before >= 0 && before !== c) edges.add(before, c, WW);
      last[key] = c;
    }
  }
  for (let version = 0; version < table.versionValue.length; version++) {
    if ((order.place[version] as number) >= 0) continue;
    const c = numberOfVersion(version);
    const before = last[table.versionKey[version] as number] as number;
    if (c >= 0 && before >= 0 && before !== c) edges.add(before, c, WW);
  }
  return edges;
}

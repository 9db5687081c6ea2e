/** Figures of the run. */
import type { VNode } from "preact";
import { useMemo } from "preact/hooks";
import { fateNames } from "../../model/messages.ts";
import { statisticsOf } from "../../model/statistics.ts";
import { showCount, showDuration } from "../../model/words.ts";
import type { State } from "../state.ts";
import { Table } from "./table.tsx";

const PAIRS_MAX = 40;

/** The panel. */
export function StatisticsPanel({ state }: { state: State }): VNode {
  const { operations, messages, kinds } = useMemo(() => statisticsOf(state.run), [state.run]);
  const time = (value: number | undefined): string =>
    value === undefined ? "–" : showDuration(value);
  return (
    <div class="columns">
      <Figures
        title="Operations"
        heads={["name", "count", "ok", "failed", "unsure", "median", "99 %", "longest"]}
        rows={operations.map(({ f, count, ok, failed, unsure, medianNs, slowNs, longestNs }) => [
          f,
          ...[count, ok, failed, unsure].map(showCount),
          ...[medianNs, slowNs, longestNs].map(time),
        ])}
      />
      <Figures
        title="Messages"
        heads={["from", "to", "count", ...fateNames]}
        rows={messages
          .slice(0, PAIRS_MAX)
          .map(({ from, to, count, fates }) => [
            from,
            to,
            showCount(count),
            ...fates.map((each) => (each === 0 ? "" : showCount(each))),
          ])}
      />
      <Figures
        title="Events"
        heads={["kind", "count"]}
        rows={kinds.map(([name, count]) => [name, showCount(count)])}
      />
    </div>
  );
}

function Figures(props: {
  title: string;
  heads: readonly string[];
  rows: readonly (readonly string[])[];
}): VNode | null {
  const { title, heads, rows } = props;
  if (rows.length === 0) return null;
  return (
    <div>
      <h2>{title}</h2>
      <Table heads={heads} rows={rows.map((cells) => ({ cells }))} />
    </div>
  );
}

/** Figures of the run. */
import type { VNode } from "preact";
import { useMemo } from "preact/hooks";
import { fateNames } from "../../model/messages.ts";
import { statisticsOf } from "../../model/statistics.ts";
import { showCount, showDuration } from "../../model/words.ts";
import type { State } from "../state.ts";

const PAIRS_MAX = 40;

/** The panel. */
export function StatisticsPanel({ state }: { state: State }): VNode {
  const { operations, messages, kinds } = useMemo(() => statisticsOf(state.run), [state.run]);
  const time = (value: number | undefined): string =>
    value === undefined ? "–" : showDuration(value);
  return (
    <div class="columns">
      <Table
        title="Operations"
        heads={["name", "count", "ok", "failed", "unsure", "median", "99 %", "longest"]}
        rows={operations.map(({ f, count, ok, failed, unsure, medianNs, slowNs, longestNs }) => [
          f,
          ...[count, ok, failed, unsure].map(showCount),
          ...[medianNs, slowNs, longestNs].map(time),
        ])}
      />
      <Table
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
      <Table
        title="Events"
        heads={["kind", "count"]}
        rows={kinds.map(([name, count]) => [name, showCount(count)])}
      />
    </div>
  );
}

function Table(props: {
  title: string;
  heads: readonly string[];
  rows: readonly (readonly string[])[];
}): VNode | null {
  const { title, heads, rows } = props;
  if (rows.length === 0) return null;
  return (
    <div>
      <h2>{title}</h2>
      <table>
        <thead>
          <tr>
            {heads.map((head) => (
              <th key={head} scope="col">
                {head}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {rows.map((row, index) => (
            <tr key={index}>
              {row.map((cell, at) => (
                <td key={at} class={/^[\d,.]+/.test(cell) ? "number-cell" : ""}>
                  {cell}
                </td>
              ))}
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}

/**
 * The history: a bar for each operation, a row for each client, by rank so that order can be seen; those that
 * contradict each other are marked, and a cycle is told edge by edge.
 */
import type { VNode } from "preact";
import { describeAnswer, describeRequest, type OperationBar } from "../../model/operations.ts";
import { cut, showCount, showDuration, showTime } from "../../model/words.ts";
import { select, type State } from "../state.ts";
import { Link } from "./table.tsx";

/** At most this many operations are drawn: those of the violation and around the window. */
const SHOWN_MAX = 120;

/** The panel. */
export function History({ state }: { state: State }): VNode {
  const { run } = state;
  if (run.operations.length === 0)
    return <p class="soft">No operation was recorded in this run.</p>;
  const answer = state.answerShown.value;
  const marked = new Set(answer?.operations.map(({ index }) => index));
  const shown = chosen(state, marked);
  const events = [...new Set(shown.flatMap(({ invoke, complete }) => [invoke, complete]))]
    .filter((id) => id > 0)
    .sort((a, b) => a - b);
  const column = new Map(events.map((id, index) => [id, index]));
  const clients = [...new Set(shown.map(({ lane }) => lane))].sort((a, b) =>
    a.localeCompare(b, "en", { numeric: true }),
  );
  return (
    <div class="history">
      <p class="soft">
        {shown.length < run.operations.length
          ? `${showCount(shown.length)} of ${showCount(run.operations.length)} operations: those of the violation and those in view, in order of events`
          : `${showCount(shown.length)} operations, in order of events`}
      </p>
      <div
        class="bars"
        style={{ gridTemplateColumns: `8rem repeat(${events.length + 1}, minmax(26px, 1fr))` }}
      >
        {clients.map((client, row) => (
          <span key={client} class="client" style={{ gridRow: row + 1 }}>
            {client}
          </span>
        ))}
        {shown.map((bar) => {
          const from = (column.get(bar.invoke) ?? 0) + 2;
          const to = (bar.complete > 0 ? (column.get(bar.complete) ?? 0) : events.length) + 2;
          const text = `${describeRequest(bar)} → ${describeAnswer(bar)}`;
          const id = bar.complete || bar.invoke;
          const isMarked = marked.has(bar.index);
          return (
            <button
              key={bar.index}
              class={isMarked ? `bar ${bar.outcome} marked` : `bar ${bar.outcome}`}
              style={{
                gridRow: clients.indexOf(bar.lane) + 1,
                gridColumn: `${from} / ${Math.max(to, from + 1)}`,
              }}
              aria-current={state.selected.value === id || state.selected.value === bar.invoke}
              title={`${bar.lane}: ${text} · ${bar.toNs === Infinity ? "never answered" : showDuration(bar.toNs - bar.fromNs)} from ${showTime(bar.fromNs)}`}
              onClick={() => select(state, id)}
            >
              {text}
            </button>
          );
        })}
      </div>
      <Cycle state={state} />
    </div>
  );
}

function chosen({ run, from, to, axis }: State, marked: ReadonlySet<number>): OperationBar[] {
  if (run.operations.length <= SHOWN_MAX) return [...run.operations];
  const [fromNs, toNs] = [axis.value.timeAt(from.value), axis.value.timeAt(to.value)];
  const kept = new Set(run.operations.filter(({ index }) => marked.has(index)));
  for (const bar of run.operations) {
    if (kept.size >= SHOWN_MAX) break;
    if (bar.fromNs <= toNs && bar.toNs >= fromNs) kept.add(bar);
  }
  return [...kept].sort((a, b) => a.invoke - b.invoke);
}

/** The cycle of a violation, edge by edge; nothing if it has none. */
export function Cycle({ state }: { state: State }): VNode | null {
  const edges = state.answerShown.value?.edges ?? [];
  if (edges.length === 0) return null;
  const node = (index: number, bar: OperationBar | undefined): VNode => {
    if (!bar) return <span>operation {index}</span>;
    return (
      <Link state={state} id={bar.complete || bar.invoke}>
        T{index} {bar.lane}: {cut(describeRequest(bar), 60)}
      </Link>
    );
  };
  return (
    <div class="cycle">
      <h2>The cycle: each must come before the next, and the last before the first</h2>
      <ol>
        {edges.map(({ from, to, kind, text, a, b }, index) => (
          <li key={index}>
            {node(from, a)} <span class="edge">{kind}</span> {node(to, b)}
            <span class="line soft">{text}</span>
          </li>
        ))}
      </ol>
    </div>
  );
}

/** All events as a table, which equals the diagram, and the output of the programs. */
import type { VNode } from "preact";
import { useEffect, useMemo, useRef, useState } from "preact/hooks";
import { computed } from "@preact/signals-core";
import { Kind, kindNames } from "../../../trace/kinds.ts";
import { describeEvent, hostOf } from "../../model/describe.ts";
import { isNotable } from "../../model/rows.ts";
import { showCount, showTime } from "../../model/words.ts";
import { select, type State } from "../state.ts";
import { summaryOf } from "../summary.ts";

const ROW = 24;

/** A list of which only the rows that are seen are there. */
function Rows(props: {
  state: State;
  ids: Uint32Array;
  text: (id: number) => string;
  kinds: boolean;
  label: string;
}): VNode {
  const { state, ids, text, kinds, label } = props;
  const box = useRef<HTMLDivElement>(null);
  const [top, setTop] = useState(0);
  const selected = state.selected.value;
  const at = position(ids, selected);
  useEffect(() => {
    const element = box.current;
    if (!element) return;
    const place = at * ROW;
    const isSeen =
      place >= element.scrollTop && place <= element.scrollTop + element.clientHeight - ROW;
    if (!isSeen) element.scrollTop = Math.max(0, place - element.clientHeight / 2);
    setTop(element.scrollTop);
  }, [at, ids]);
  const first = Math.max(0, Math.floor(top / ROW) - 5);
  const shown = [...ids.subarray(first, first + 45)];
  const { trace } = state.run;
  return (
    <div
      class="rows"
      ref={box}
      tabIndex={0}
      role="group"
      aria-label={label}
      onScroll={(event) => setTop(event.currentTarget.scrollTop)}
    >
      <div style={{ height: `${ids.length * ROW}px` }}>
        <div style={{ transform: `translateY(${first * ROW}px)` }}>
          {shown.map((id) => (
            <button
              key={id}
              class="event"
              tabIndex={-1}
              aria-current={id === selected}
              onClick={() => select(state, id)}
            >
              <span class="time">{showTime(trace.timeNs[id - 1] as number, 1e5)}</span>
              <span class="host">{hostOf(state.run, id)}</span>
              {kinds && <span class="kind">{kindNames[trace.kind[id - 1] as number]}</span>}
              <span class="text">{text(id)}</span>
            </button>
          ))}
        </div>
      </div>
    </div>
  );
}

/** The index of the last id that is not after `id`. */
function position(ids: Uint32Array, id: number): number {
  let low = 0;
  let high = ids.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((ids[middle] as number) <= id) low = middle + 1;
    else high = middle;
  }
  return Math.max(0, low - 1);
}

/** All notable events that the filter and the cone leave. */
export function EventTable({ state }: { state: State }): VNode {
  const find = (): Uint32Array => {
    const { kind, length } = state.run.trace;
    const flags = state.shown.value;
    const found: number[] = [];
    for (let row = 0; row < length; row++) {
      if (flags ? flags[row] === 1 : isNotable(kind[row] as number)) found.push(row + 1);
    }
    return Uint32Array.from(found);
  };
  const ids = useMemo(() => computed(find), [state]);
  return (
    <div class="list">
      <p class="soft">{showCount(ids.value.length)} events</p>
      <Rows
        state={state}
        ids={ids.value}
        text={(id) => summaryOf(state, id)}
        kinds
        label="Events"
      />
    </div>
  );
}

/** The output of the programs, searched by text, by host. */
export function Log({ state }: { state: State }): VNode {
  const [text, setText] = useState("");
  const [host, setHost] = useState("");
  const { trace, lanes } = state.run;
  const found: number[] = [];
  let all = 0;
  for (let row = 0; row < trace.length; row++) {
    const kind = trace.kind[row];
    if (kind !== Kind.log && kind !== Kind.uncaught) continue;
    all++;
    if (host !== "" && hostOf(state.run, row + 1) !== host) continue;
    const words = describeEvent(state.run, row + 1);
    if (text === "" || words.toLowerCase().includes(text.toLowerCase())) found.push(row + 1);
  }
  if (all === 0) return <p class="soft">The programs printed nothing in this run.</p>;
  return (
    <div class="list">
      <p class="find">
        <input
          value={text}
          placeholder="search the output"
          aria-label="Search the output"
          onInput={(event) => setText(event.currentTarget.value)}
        />
        <select
          aria-label="Host"
          value={host}
          onChange={(event) => setHost(event.currentTarget.value)}
        >
          <option value="">all hosts</option>
          {lanes.map(({ name }) => (
            <option key={name} value={name}>
              {name}
            </option>
          ))}
        </select>
        <span class="soft">
          {showCount(found.length)} of {showCount(all)} lines
        </span>
      </p>
      <Rows
        state={state}
        ids={Uint32Array.from(found)}
        text={(id) => describeEvent(state.run, id)}
        kinds={false}
        label="Output"
      />
    </div>
  );
}

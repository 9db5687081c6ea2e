/** The bottom of the page: the playhead, a legend, and what was said last. */
import type { VNode } from "preact";
import { showCount, showTime } from "../model/words.ts";
import { runAction } from "./header.tsx";
import { Legend } from "./legend.tsx";
import type { State } from "./state.ts";

/** The bar. */
export function Status({ state }: { state: State }): VNode {
  const { selected, playheadNs, run } = state;
  const id = selected.value;
  const atNs = playheadNs.value ?? (id > 0 ? (run.trace.timeNs[id - 1] as number) : undefined);
  return (
    <footer class="status">
      <span class="moment">
        {atNs === undefined ? "no moment" : showTime(atNs, 1e5)}
        {id > 0 && ` · event ${showCount(id)} of ${showCount(run.trace.length)}`}
      </span>
      <span class="steps">
        <button
          aria-label="Event before"
          title="Event before (←)"
          onClick={() => runAction(state, "previous")}
        >
          ◀
        </button>
        <button
          aria-pressed={playheadNs.value !== undefined}
          title="Playhead (p)"
          onClick={() => runAction(state, "playhead")}
        >
          playhead
        </button>
        <button
          aria-label="Next event"
          title="Next event (→)"
          onClick={() => runAction(state, "next")}
        >
          ▶
        </button>
      </span>
      <span role="status" class="saying">
        {state.said.value}
      </span>
      <Legend state={state} />
    </footer>
  );
}

/** The panels below the diagram, as tabs. */
import type { VNode } from "preact";
import { panels } from "../actions.ts";
import type { State } from "../state.ts";
import { Compare } from "./compare.tsx";
import { EventTable, Log } from "./events.tsx";
import { Faults } from "./faults.tsx";
import { Files } from "./files.tsx";
import { History } from "./history.tsx";
import { StatisticsPanel } from "./statistics.tsx";
import { Story } from "./story.tsx";

const views: Readonly<Record<string, (props: { state: State }) => VNode | null>> = {
  story: Story,
  history: History,
  faults: Faults,
  events: EventTable,
  log: Log,
  files: Files,
  statistics: StatisticsPanel,
  compare: Compare,
};

/** The panels. */
export function Panels({ state }: { state: State }): VNode {
  const current = panels.some(({ id }) => id === state.panel.value) ? state.panel.value : "story";
  const View = views[current] as (props: { state: State }) => VNode | null;
  const isOpen = state.panelOpen.value;
  // Two runs need more room than one.
  const isLow = typeof state.compared.value === "object";
  const size = !isOpen ? " closed" : isLow ? " low" : current === "story" ? " story-open" : "";
  const move = (by: number): void => {
    const at = panels.findIndex(({ id }) => id === current);
    const next = panels[(at + by + panels.length) % panels.length] as (typeof panels)[number];
    state.panel.value = next.id;
    document.getElementById(`tab-${next.id}`)?.focus();
  };
  return (
    <section class={`panels${size}`} aria-label="Panels">
      <div class="tabs">
        <div role="tablist" aria-label="Panels">
          {panels.map(({ id, title }, index) => (
            <button
              key={id}
              id={`tab-${id}`}
              role="tab"
              aria-selected={id === current}
              aria-controls="panel"
              tabIndex={id === current ? 0 : -1}
              title={`${title} (${index + 1})`}
              onClick={() => {
                state.panel.value = id;
                state.panelOpen.value = true;
              }}
              onKeyDown={(event) => {
                if (event.key === "ArrowRight") move(1);
                if (event.key === "ArrowLeft") move(-1);
              }}
            >
              {title}
            </button>
          ))}
        </div>
        <button
          class="fold"
          aria-expanded={isOpen}
          aria-label={isOpen ? "Hide the panels" : "Show the panels"}
          onClick={() => (state.panelOpen.value = !isOpen)}
        >
          {isOpen ? "▾" : "▴"}
        </button>
      </div>
      {/* Always there, since the tabs name it. */}
      <div
        id="panel"
        class="panel"
        role="tabpanel"
        aria-labelledby={`tab-${current}`}
        tabIndex={0}
        hidden={!isOpen}
      >
        {isOpen && <View key={current} state={state} />}
      </div>
    </section>
  );
}

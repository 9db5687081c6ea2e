/** Starts the page: reads the trace, shows it, and keeps the address up to date. */
import { effect } from "@preact/signals-core";
import { render, type VNode } from "preact";
import { indexRun } from "../model/run.ts";
import { readLink, writeLink } from "../model/link.ts";
import { Diagram, frameFacts } from "./diagram.tsx";
import { Banner, Header } from "./header.tsx";
import { Inspector } from "./inspector.tsx";
import { listenForKeys } from "./keys.ts";
import { loadPage, Unreadable } from "./load.ts";
import { Minimap } from "./minimap.tsx";
import { Overlays } from "./overlays.tsx";
import { Panels } from "./panels/panels.tsx";
import { createState, openingOf, type State, viewOf } from "./state.ts";
import { Status } from "./status.tsx";
import { Toolbar } from "./toolbar.tsx";
import { followSignals } from "./tracked.ts";

function Page({ state }: { state: State }): VNode {
  return (
    <div class="page">
      <Header state={state} />
      <Banner state={state} />
      <section aria-label="Filter, cone and axis">
        <Toolbar state={state} />
      </section>
      <main class="body">
        <div class="center">
          <Minimap state={state} />
          <Diagram state={state} />
          <Panels state={state} />
        </div>
        <Inspector state={state} />
      </main>
      <Status state={state} />
      <Overlays state={state} />
    </div>
  );
}

async function start(): Promise<void> {
  const app = document.getElementById("app") as HTMLElement;
  const startMs = performance.now();
  try {
    const { trace, facts, payloads } = await loadPage(document, chosen());
    const loadedMs = performance.now();
    const state = createState(indexRun(trace), facts, payloads, location.hash);
    app.textContent = "";
    followSignals();
    render(<Page state={state} />, app);
    listenForKeys(state);
    followAddress(state);
    const facets = { state, frames: frameFacts, loadMs: loadedMs - startMs, readyMs: 0 };
    requestAnimationFrame(() => {
      facets.readyMs = performance.now() - startMs;
      // For tests and benchmarks, and for the curious in the console.
      Object.assign(window, { lightcone: facets });
      void payloads.load().then(
        () => (state.payloadsReady.value = true),
        () => (state.said.value = "the payloads in this page are damaged"),
      );
    });
  } catch (error) {
    render(<Failed error={error} />, app);
  }
}

/** Which of the traces in the page the address asks for; 0 for the first one. */
function chosen(): number {
  return Number(/[#&]of=(\d{1,6})/.exec(location.hash)?.[1] ?? 0);
}

/** Writes the view to the address after it has come to rest, and reads it when somebody changes it. */
function followAddress(state: State): void {
  let timer: ReturnType<typeof setTimeout> | undefined;
  let written = location.hash;
  const of = chosen();
  const prefix = of > 0 ? `of=${of}&` : "";
  effect(() => {
    const view = writeLink(viewOf(state));
    clearTimeout(timer);
    timer = setTimeout(() => {
      const answer = state.answerShown.peek();
      // The view with which the page opens needs no address.
      const opening = answer && writeLink(openingOf(answer, state.run));
      const plain = prefix === "" ? "" : `#${prefix}`;
      written = view === opening && location.hash === plain ? plain : `#${prefix}${view}`;
      if (written !== location.hash) history.replaceState(null, "", written || "#");
    }, 150);
  });
  addEventListener("hashchange", () => {
    if (location.hash === written) return;
    if (chosen() !== of) return location.reload();
    const view = readLink(location.hash);
    const axis = state.axis.value;
    state.selected.value = view.selected;
    state.other.value = view.other;
    state.filterText.value = view.filter;
    state.cone.value = view.cone;
    state.depth.value = view.depth;
    state.only.value = view.only;
    state.panel.value = view.panel;
    state.from.value = view.fromNs === undefined ? 0 : axis.ofTime(view.fromNs);
    state.to.value = view.toNs === undefined ? axis.end : axis.ofTime(view.toNs);
  });
}

/** What is shown where the trace cannot be read. */
function Failed({ error }: { error: unknown }): VNode {
  const message = error instanceof Error ? error.message : String(error);
  const isOurs =
    error instanceof Unreadable || (error as { code?: string }).code === "LC_BAD_TRACE";
  return (
    <main class="early">
      <h1>This run cannot be shown</h1>
      <p role="alert">{isOurs ? message : `The viewer failed: ${message}`}</p>
      <p>
        The trace beside this page (.lightcone/NAME-SEED.trace) may be whole:{" "}
        <code>npx lightcone view FILE</code> shows it, and{" "}
        <code>npx lightcone replay FILE.json</code> makes the run and its page again.
      </p>
    </main>
  );
}

document.addEventListener("DOMContentLoaded", () => void start());

/** Compares the run of the page with another one: where that one comes from, and the window to show. */
import { batch } from "@preact/signals-core";
import type { Trace } from "../../trace/trace.ts";
import { compareRuns } from "../model/compare.ts";
import { BEFORE_SHARE, type Compared } from "../model/compared.ts";
import { indexRun } from "../model/run.ts";
import { loadFile, loadNeighbour } from "./load.ts";
import { openingOf, protocols, showWindow, type State } from "./state.ts";

/** Compares with a file: a trace or a saved page. */
export function compareWithFile(state: State, file: File): Promise<void> {
  return compareWith(state, file.name, () => loadFile(file));
}

/** Compares with the run that the page brings. */
export function compareWithNeighbour(state: State): Promise<void> {
  return compareWith(state, state.facts.neighbour ?? "", () => loadNeighbour(document));
}

async function compareWith(
  state: State,
  name: string,
  load: () => Promise<Trace | undefined>,
): Promise<void> {
  state.compared.value = "reading…";
  try {
    const trace = await load();
    if (!trace) return;
    const run = indexRun(trace);
    const result = compareRuns(state.run, run);
    const { left, right } = result.first;
    const times = [
      state.run.trace.timeNs[left - 1] ?? Infinity,
      run.trace.timeNs[right - 1] ?? Infinity,
    ];
    const divergedNs = Math.min(...times, state.run.endNs);
    const dissector = protocols && new protocols.TraceDissector(trace);
    show(state, { name, run, result, divergedNs, dissector });
  } catch (error) {
    const why = error instanceof Error ? error.message : "unknown";
    state.compared.value = `${name} cannot be read: ${why}`;
  }
}

/** Shows what comes after the first difference, up to the violation. */
function show(state: State, compared: Compared): void {
  batch(() => {
    state.compared.value = compared;
    const answer = state.answerShown.value;
    const opening = answer && openingOf(answer, state.run);
    const axis = state.axis.value;
    const fromNs = compared.divergedNs - axis.end * BEFORE_SHARE;
    const toNs = Math.max(opening?.toNs ?? axis.timeAt(axis.end), compared.divergedNs);
    showWindow(state, axis.ofTime(Math.max(0, fromNs)), axis.ofTime(toNs));
  });
}

/** Ends the comparison; the window stays. */
export function stopComparing(state: State): void {
  keepWindow(state, () => (state.compared.value = undefined));
}

/** Folds what the runs have in common, or not; the window stays. */
export function foldCommon(state: State, fold: boolean): void {
  keepWindow(state, () => (state.foldCommon.value = fold));
}

function keepWindow(state: State, change: () => void): void {
  const before = state.axis.value;
  const times = [before.timeAt(state.from.value), before.timeAt(state.to.value)] as const;
  batch(() => {
    change();
    const after = state.axis.value;
    showWindow(state, after.ofTime(times[0]), after.ofTime(times[1]));
  });
}

/** The state of the page as signals: what is selected, what is in view, what is lit. Everything is derived from it. */
import { batch, computed, type ReadonlySignal, type Signal, signal } from "@preact/signals-core";
import type { TraceDissector } from "../../dissect/index.ts";
import { applyFilter, type ProtocolFields } from "../filter/evaluate.ts";
import { FilterError } from "../../filter/lexer.ts";
import { parseFilter } from "../../filter/parser.ts";
import { type Answer, answerOf } from "../model/answer.ts";
import { type Axis, type AxisMode, buildAxis } from "../model/axis.ts";
import {
  chainBetween,
  type Cones,
  conesOf,
  OUTSIDE,
  relate,
  type Relation,
} from "../model/cone.ts";
import { notableCauses } from "../model/events.ts";
import { readLink, type View } from "../model/link.ts";
import { Kind } from "../../trace/kinds.ts";
import type { SentencePart } from "../../trace/trace.ts";
import { isNotable } from "../model/rows.ts";
import { openingWindow } from "../model/opening.ts";
import type { Run } from "../model/run.ts";
import type { PageFacts } from "../page-facts.ts";
import { commonBeginning, type Compared } from "../model/compared.ts";
import type { Payloads } from "./load.ts";
import type { Protocols } from "./protocols.ts";

/** What a filter does with the events that it does not find. */
export type FilterMode = "hide" | "dim";

/** The page's state. */
export interface State {
  readonly run: Run;
  readonly facts: PageFacts;
  readonly payloads: Payloads;
  /** The number of the violation that is shown, and what it says. */
  readonly violation: Signal<number>;
  readonly answerShown: ReadonlySignal<Answer | undefined>;
  /** The sentence that says how it came about; empty if there is none. */
  readonly mechanism: ReadonlySignal<readonly SentencePart[]>;
  readonly selected: Signal<number>;
  readonly other: Signal<number>;
  /** The window, in positions of the axis. */
  readonly from: Signal<number>;
  readonly to: Signal<number>;
  readonly axisMode: Signal<AxisMode>;
  readonly axis: ReadonlySignal<Axis>;
  readonly down: Signal<boolean>;
  readonly filterText: Signal<string>;
  readonly filterMode: Signal<FilterMode>;
  readonly found: ReadonlySignal<Found>;
  readonly cone: Signal<View["cone"]>;
  readonly depth: Signal<number>;
  readonly only: Signal<boolean>;
  readonly cones: ReadonlySignal<Cones | undefined>;
  /** Flags of the events in the cone that is lit; `undefined` for no cone. */
  readonly lit: ReadonlySignal<Uint8Array | undefined>;
  /** The chain of causes of the selected event, or the chain between the two selected ones. */
  readonly chain: ReadonlySignal<readonly number[]>;
  readonly relation: ReadonlySignal<Relation | undefined>;
  /** The rows that lists and keys step through; `undefined` for all notable ones. */
  readonly shown: ReadonlySignal<Uint8Array | undefined>;
  /** The run that this one is compared with, or what came of looking for it. */
  readonly compared: Signal<Compared | string | undefined>;
  /** Whether the axis folds what both runs have in common. */
  readonly foldCommon: Signal<boolean>;
  readonly panel: Signal<string>;
  readonly panelOpen: Signal<boolean>;
  readonly playheadNs: Signal<number | undefined>;
  readonly overlay: Signal<"none" | "help" | "palette">;
  readonly said: Signal<string>;
  /** Grows when payloads can be read. */
  readonly payloadsReady: Signal<boolean>;
  readonly dissector: ReadonlySignal<TraceDissector | undefined>;
  readonly scroll: Signal<number>;
  /** The windows before, to go back to. */
  readonly history: [number, number][];
}

/** What the filter found. */
export interface Found {
  /** `undefined` for no filter. */
  readonly flags: Uint8Array | undefined;
  readonly count: number;
  readonly error: FilterError | undefined;
}

/** Creates the state of a page, from its run and its link. */
export function createState(run: Run, facts: PageFacts, payloads: Payloads, hash: string): State {
  const isPlain = hash.replace(/^#(of=\d+&?)?/, "") === "";
  const view = readLink(hash);
  const answer = answerOf(run);
  const opening = !isPlain
    ? view
    : answer
      ? openingOf(answer, run)
      : { ...view, axis: axisOf(0, 0, run) };
  const violation = signal(0);
  const selected = signal(within(run, opening.selected));
  const other = signal(within(run, opening.other));
  const axisMode = signal<AxisMode>(opening.axis);
  const compared = signal<Compared | string | undefined>(undefined);
  const foldCommon = signal(true);
  const axis = computed(() => {
    const other = compared.value;
    const endNs = Math.max(run.endNs, typeof other === "object" ? other.run.endNs : 0);
    const common = foldCommon.value ? commonBeginning(other, endNs) : undefined;
    return buildAxis(axisMode.value, run.trace.timeNs, endNs, common);
  });
  const first = axis.peek();
  const from = signal(opening.fromNs === undefined ? 0 : first.ofTime(opening.fromNs));
  const to = signal(opening.toNs === undefined ? first.end : first.ofTime(opening.toNs));
  const filterText = signal(opening.filter);
  const payloadsReady = signal(false);
  const dissector = computed(() => {
    return payloadsReady.value && protocols ? new protocols.TraceDissector(run.trace) : undefined;
  });
  const filterApplied = settled(filterText, run.trace.length > SLOW_EVENTS ? FILTER_WAIT_MS : 0);
  const found = computed(() => find(run, filterApplied.value, dissector.value));
  const cone = signal<View["cone"]>(opening.cone);
  const depth = signal(opening.depth);
  const cones = computed(() => {
    return cone.value === "none" || selected.value === 0
      ? undefined
      : conesOf(run.trace, selected.value);
  });
  const lit = computed(() => cones.value && litBy(cones.value, cone.value, depth.value));
  const only = signal(opening.only);
  const filterMode = signal<FilterMode>("hide");
  const shown = computed(() => {
    const flags = filterMode.value === "hide" ? found.value.flags : undefined;
    const inCone = only.value ? lit.value : undefined;
    if (!flags || !inCone) return flags ?? inCone;
    return flags.map((flag, row) => flag & (inCone[row] as number));
  });
  const relation = computed(() => {
    return selected.value > 0 && other.value > 0
      ? relate(run.trace, other.value, selected.value)
      : undefined;
  });
  const chain = computed((): readonly number[] => {
    if (selected.value === 0) return [];
    if (other.value === 0) return notableCauses(run, selected.value);
    const [a, b] = [selected.value, other.value].toSorted((x, y) => x - y) as [number, number];
    return chainBetween(run.trace, a, b).filter(
      (id) => id === a || id === b || isNotable(run.trace.kind[id - 1] as number),
    );
  });
  const answerShown = computed(() => answerOf(run, violation.value));
  const mechanism = computed(() => answerShown.value?.mechanism ?? []);
  return {
    run,
    facts,
    payloads,
    violation,
    answerShown,
    mechanism,
    selected,
    other,
    from,
    to,
    axisMode,
    axis,
    down: signal(opening.down),
    filterText,
    filterMode,
    found,
    cone,
    depth,
    only,
    cones,
    lit,
    chain,
    relation,
    shown,
    compared,
    foldCommon,
    panel: signal(answer || opening.panel !== "story" ? opening.panel : "history"),
    panelOpen: signal(true),
    playheadNs: signal(opening.playheadNs),
    overlay: signal<"none" | "help" | "palette">("none"),
    said: signal(""),
    payloadsReady,
    dissector,
    scroll: signal(0),
    history: [],
  };
}

/** With more events than this, a filter waits until the typing rests. */
const SLOW_EVENTS = 50_000;
const FILTER_WAIT_MS = 250;

/** A signal that follows another one when it has not changed for a while. */
function settled(of: Signal<string>, waitMs: number): ReadonlySignal<string> {
  if (waitMs === 0) return of;
  const later = signal(of.peek());
  let timer: ReturnType<typeof setTimeout> | undefined;
  of.subscribe((value) => {
    clearTimeout(timer);
    timer = setTimeout(() => (later.value = value), waitMs);
  });
  return later;
}

/** The view with which a violated run opens: the violating event, its past lit, the story in view. */
export function openingOf(answer: Answer, run: Run): View {
  const [fromNs, toNs] = openingWindow(run, answer);
  return {
    ...readLink(""),
    axis: axisOf(fromNs, toNs, run),
    selected: answer.event,
    fromNs,
    toNs,
    // Of a history alone, nothing is known of what could have led to what.
    cone: answer.event > 0 && !isHistory(run) ? "past" : "none",
  };
}

/** Whether a trace is that of a history alone, with no machine and no message. */
function isHistory({ trace, messages }: Run): boolean {
  return messages.length === 0 && !trace.kind.includes(Kind.start);
}

/** The axis for a story: idle gaps folded if it is mostly about waiting; by rank for a history without messages. */
function axisOf(fromNs: number, toNs: number, run: Run): AxisMode {
  if (isHistory(run)) return "rank";
  const { trace, endNs } = run;
  const { folds } = buildAxis("folded", trace.timeNs, endNs);
  const idleNs = folds.reduce((sum, fold) => {
    return sum + Math.max(0, Math.min(toNs, fold.toNs) - Math.max(fromNs, fold.fromNs));
  }, 0);
  return idleNs > (toNs - fromNs) * 0.4 ? "folded" : "time";
}

function within(run: Run, id: number): number {
  return id >= 1 && id <= run.trace.length ? id : 0;
}

function litBy({ past, future }: Cones, which: View["cone"], depth: number): Uint8Array {
  const flags = new Uint8Array(past.length);
  for (let row = 0; row < flags.length; row++) {
    const isPast = past[row] !== OUTSIDE && (past[row] as number) <= depth;
    const isFuture = future[row] !== OUTSIDE && (future[row] as number) <= depth;
    const isLit = which === "past" ? isPast : which === "future" ? isFuture : isPast || isFuture;
    if (isLit) flags[row] = 1;
  }
  return flags;
}

function find(run: Run, text: string, dissector: TraceDissector | undefined): Found {
  try {
    const filter = parseFilter(text);
    if (!filter) return { flags: undefined, count: 0, error: undefined };
    const flags = applyFilter(run, filter, protocolFields(dissector));
    let count = 0;
    for (let row = 0; row < flags.length; row++) count += flags[row] as number;
    return { flags, count, error: undefined };
  } catch (error) {
    if (!(error instanceof FilterError)) throw error;
    return { flags: undefined, count: 0, error };
  }
}

/** The dissectors of the page. */
export const protocols: Protocols | undefined = (globalThis as { lightconeProtocols?: Protocols })
  .lightconeProtocols;

/** The names of the fields that dissectors know. */
export const protocolFieldNames: readonly string[] = protocols?.fieldNames ?? [];

function protocolFields(dissector: TraceDissector | undefined): ProtocolFields {
  return {
    names: protocolFieldNames,
    values: (id, name) => {
      const messages = dissector?.packet(id)?.messages ?? [];
      return messages.flatMap(({ flat }) => flat[name] ?? []);
    },
  };
}

/** The view as a link carries it. */
export function viewOf(state: State): View {
  const axis = state.axis.value;
  const isWhole = state.from.value <= 0 && state.to.value >= axis.end;
  return {
    selected: state.selected.value,
    other: state.other.value,
    fromNs: isWhole ? undefined : axis.timeAt(state.from.value),
    toNs: isWhole ? undefined : axis.timeAt(state.to.value),
    filter: state.filterText.value,
    cone: state.cone.value,
    depth: state.depth.value,
    only: state.only.value,
    axis: state.axisMode.value,
    down: state.down.value,
    panel: state.panel.value,
    playheadNs: state.playheadNs.value,
  };
}

/** Shows a window, within the run, and not narrower than the axis can tell apart. */
export function showWindow(state: State, from: number, to: number): void {
  const { end, mode } = state.axis.peek();
  const least = mode === "rank" ? 4 : 200;
  const width = Math.min(end, Math.max(least, to - from));
  const start = Math.max(0, Math.min(end - width, from));
  batch(() => {
    state.from.value = start;
    state.to.value = start + width;
  });
}

/** Shows a window and remembers the one before, so that one can go back. */
export function jumpTo(state: State, from: number, to: number): void {
  state.history.push([state.from.peek(), state.to.peek()]);
  if (state.history.length > 50) state.history.shift();
  showWindow(state, from, to);
}

/** Selects an event and moves the window so that it is in view. */
export function select(
  state: State,
  id: number,
  options: { readonly reveal?: boolean } = {},
): void {
  if (id < 1 || id > state.run.trace.length) return;
  batch(() => {
    state.selected.value = id;
    if (options.reveal === false) return;
    const at = state.axis.peek().ofEvent(id);
    const [from, to] = [state.from.peek(), state.to.peek()];
    const margin = (to - from) * 0.05;
    if (at >= from + margin && at <= to - margin) return;
    if (at >= from && at <= to && (from <= 0 || to >= state.axis.peek().end)) return;
    showWindow(state, at - (to - from) / 2, at + (to - from) / 2);
  });
}

/** Changes the axis and keeps what is in view. */
export function changeAxis(state: State, mode: AxisMode): void {
  const before = state.axis.peek();
  const times = [before.timeAt(state.from.peek()), before.timeAt(state.to.peek())] as const;
  batch(() => {
    state.axisMode.value = mode;
    const after = state.axis.value;
    showWindow(state, after.ofTime(times[0]), after.ofTime(times[1]));
  });
}

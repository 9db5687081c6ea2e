/**
 * Everything that a reader can do, each with its words and its keys. The keyboard, the palette and the list of keys
 * are made from this table.
 */
import { batch } from "@preact/signals-core";
import { WHOLE } from "../model/cone.ts";
import { causeOf, effectOf, otherEnd, replyOf, stepFrom } from "../model/events.ts";
import { answerOf } from "../model/answer.ts";
import { plainView, writeLink } from "../model/link.ts";
import { showTime } from "../model/words.ts";
import { compareWithNeighbour } from "./compared.ts";
import { copyText } from "./copy.ts";
import { changeAxis, jumpTo, openingOf, select, showWindow, type State, viewOf } from "./state.ts";

/** An action. */
export interface Action {
  readonly id: string;
  readonly group: "Move" | "Select" | "Cone" | "Show" | "Time" | "Panels" | "Page";
  readonly title: string;
  /** Keys as they are written: "c", "Shift+C", "ArrowRight". */
  readonly keys: readonly string[];
  run(state: State): void;
}

/** The panels, in the order of their tabs. */
export const panels = [
  { id: "story", title: "Story" },
  { id: "history", title: "History" },
  { id: "faults", title: "Faults" },
  { id: "events", title: "Events" },
  { id: "log", title: "Log" },
  { id: "files", title: "Files" },
  { id: "statistics", title: "Statistics" },
  { id: "compare", title: "Compare" },
] as const;

/** All actions. */
export const actions: readonly Action[] = [
  act("answer", "Move", "Back to the answer", ["Home"], toAnswer),
  act("inspect", "Move", "Read the selected event", ["i"], () => focus(".inspector")),
  act("events", "Move", "To the list of events", ["e"], () => focus("#events")),
  act("left", "Move", "Pan back", ["a"], (state) => pan(state, -0.2)),
  act("right", "Move", "Pan on", ["d"], (state) => pan(state, 0.2)),
  act("in", "Move", "Zoom in", ["w", "+"], (state) => zoom(state, 1 / 1.6)),
  act("out", "Move", "Zoom out", ["s", "-"], (state) => zoom(state, 1.6)),
  act("all", "Move", "Show the whole run", ["0"], (state) => {
    jumpTo(state, 0, state.axis.value.end);
    sayWindow(state);
  }),
  act("fit", "Move", "Zoom to the selection", ["f"], fitSelection),
  act("back", "Move", "Back to the window before", ["Backspace"], (state) => {
    const before = state.history.pop();
    if (before) showWindow(state, ...before);
  }),
  act("next", "Select", "Next event", ["ArrowRight", "l"], (state) => step(state, 1)),
  act("previous", "Select", "Previous event", ["ArrowLeft", "h"], (state) => step(state, -1)),
  act("below", "Select", "Nearest event of the lane below", ["ArrowDown", "j"], (state) => {
    stepLane(state, 1);
  }),
  act("above", "Select", "Nearest event of the lane above", ["ArrowUp", "k"], (state) => {
    stepLane(state, -1);
  }),
  act("nextHere", "Select", "Next event of this host", ["."], (state) => stepHere(state, 1)),
  act("previousHere", "Select", "Previous event of this host", [","], (state) => {
    stepHere(state, -1);
  }),
  act("cause", "Select", "Its cause", ["["], (state) => {
    go(state, causeOf(state.run, state.selected.value), "it has no cause on record");
  }),
  act("effect", "Select", "Its first effect", ["]"], (state) => {
    go(state, effectOf(state.run, state.selected.value), "it led to nothing on record");
  }),
  act("follow", "Select", "The other end of the message", ["Enter"], (state) => {
    go(state, otherEnd(state.run, state.selected.value), "it is no end of a message");
  }),
  act("reply", "Select", "The reply to the message", ["r"], (state) => {
    go(state, replyOf(state.run, state.selected.value), "no reply is on record");
  }),
  act("nextFound", "Select", "Next event that the filter finds", ["n"], (state) => {
    stepFound(state, 1);
  }),
  act("previousFound", "Select", "Previous event that the filter finds", ["Shift+N"], (state) => {
    stepFound(state, -1);
  }),
  act("mark", "Select", "Hold this event, to relate it to the next", ["m"], (state) => {
    const { selected, other } = state;
    other.value = other.value === selected.value ? 0 : selected.value;
    state.said.value = other.value === 0 ? "no event is held" : `event ${other.value} is held`;
  }),
  act("none", "Select", "Nothing", ["Escape"], (state) => {
    batch(() => {
      if (state.overlay.value !== "none") state.overlay.value = "none";
      else if (state.other.value > 0) state.other.value = 0;
      else state.selected.value = 0;
    });
  }),
  act("cone", "Cone", "Light cone: past, then both, then none", ["c"], (state) => {
    const next = { none: "past", past: "both", both: "none", future: "both" } as const;
    state.cone.value = next[state.cone.value];
    state.said.value = `light cone: ${state.cone.value}`;
  }),
  act("pastCone", "Cone", "Past light cone only", ["Shift+C"], (state) => {
    state.cone.value = state.cone.value === "past" ? "none" : "past";
  }),
  act("futureCone", "Cone", "Future light cone only", ["Shift+F"], (state) => {
    state.cone.value = state.cone.value === "future" ? "none" : "future";
  }),
  act("only", "Cone", "Keep only the cone", ["o"], (state) => {
    state.only.value = !state.only.value;
    if (state.only.value && state.cone.value === "none") state.cone.value = "past";
    state.said.value = state.only.value ? "only the cone is shown" : "all events are shown";
  }),
  act("deeper", "Cone", "Cone one hop deeper", ["}"], (state) => deepen(state, 1)),
  act("shallower", "Cone", "Cone one hop less", ["{"], (state) => deepen(state, -1)),
  act("filter", "Show", "Filter", ["/"], () => focus("#filter")),
  act("clear", "Show", "Clear the filter", ["x"], (state) => (state.filterText.value = "")),
  act("mode", "Show", "Filter hides or dims", ["Shift+H"], (state) => {
    state.filterMode.value = state.filterMode.value === "hide" ? "dim" : "hide";
    state.said.value = `the filter ${state.filterMode.value === "hide" ? "hides" : "dims"} the rest`;
  }),
  act("axis", "Show", "Axis: time, gaps folded, event rank", ["t"], (state) => {
    const next = { time: "folded", folded: "rank", rank: "time" } as const;
    changeAxis(state, next[state.axisMode.value]);
    state.said.value = `axis: ${state.axisMode.value}`;
  }),
  act("down", "Show", "Time rightwards or downwards", ["v"], (state) => {
    state.down.value = !state.down.value;
    state.said.value = `time runs ${state.down.value ? "downwards" : "rightwards"}`;
  }),
  act("playhead", "Time", "Playhead at the selected event, or off", ["p"], (state) => {
    const { run, selected, playheadNs, axis, from, to } = state;
    if (playheadNs.value !== undefined) playheadNs.value = undefined;
    else {
      playheadNs.value =
        selected.value > 0
          ? (run.trace.timeNs[selected.value - 1] as number)
          : axis.value.timeAt((from.value + to.value) / 2);
    }
  }),
  act("stepOn", "Time", "Playhead to the next event", ["Shift+ArrowRight"], (state) => {
    movePlayhead(state, 1);
  }),
  act("stepBack", "Time", "Playhead to the event before", ["Shift+ArrowLeft"], (state) => {
    movePlayhead(state, -1);
  }),
  ...panels.map(({ id, title }, index) =>
    act(`panel-${id}`, "Panels", `Panel: ${title}`, [String(index + 1)], (state) => {
      batch(() => {
        state.panel.value = id;
        state.panelOpen.value = true;
      });
    }),
  ),
  act("panels", "Panels", "Show or hide the panels", ["`"], (state) => {
    state.panelOpen.value = !state.panelOpen.value;
  }),
  act("neighbour", "Panels", "Compare with the nearest run that held", ["9"], (state) => {
    if (state.facts.neighbour === undefined) {
      state.said.value = "the page brings no run that held";
      return;
    }
    batch(() => {
      state.panel.value = "compare";
      state.panelOpen.value = true;
    });
    void compareWithNeighbour(state);
  }),
  act("palette", "Page", "All actions by name", ["Ctrl+k", "Meta+k", ":"], (state) => {
    state.overlay.value = state.overlay.value === "palette" ? "none" : "palette";
  }),
  act("help", "Page", "List of keys", ["?"], (state) => {
    state.overlay.value = state.overlay.value === "help" ? "none" : "help";
  }),
  act("link", "Page", "Copy a link to this view", ["y"], (state) => {
    const address = location.href.split("#")[0] as string;
    void copyText(`${address}#${writeLink(viewOf(state))}`).then((done) => {
      state.said.value = done ? "link copied" : "the link is in the address bar";
    });
  }),
  act("replay", "Page", "Copy the command that replays the run", ["Shift+R"], (state) => {
    const { replay } = state.facts;
    if (replay === undefined) state.said.value = "this page does not know how to replay the run";
    else {
      void copyText(replay).then((done) => {
        state.said.value = done ? "replay command copied" : replay;
      });
    }
  }),
];

function act(
  id: string,
  group: Action["group"],
  title: string,
  keys: readonly string[],
  run: (state: State) => void,
): Action {
  return { id, group, title, keys, run };
}

/** Moves the keyboard's focus. */
function focus(selector: string): void {
  document.querySelector<HTMLElement>(selector)?.focus();
}

function pan(state: State, share: number): void {
  const width = state.to.value - state.from.value;
  showWindow(state, state.from.value + width * share, state.to.value + width * share);
  sayWindow(state);
}

/** Says what is in view, for those who do not see it. */
function sayWindow({ said, axis, from, to }: State): void {
  const { mode, timeAt } = axis.value;
  const text = (at: number): string =>
    mode === "rank"
      ? `event ${Math.round(at) + 1}`
      : showTime(timeAt(at), (to.value - from.value) / 99);
  said.value = `in view: ${text(from.value)} to ${text(to.value)}`;
}

/** Zooms around the selected event if it is in view, else around the middle. */
function zoom(state: State, factor: number): void {
  const [from, to] = [state.from.value, state.to.value];
  const at = state.selected.value > 0 ? state.axis.value.ofEvent(state.selected.value) : NaN;
  const center = at >= from && at <= to ? at : (from + to) / 2;
  showWindow(state, center - (center - from) * factor, center + (to - center) * factor);
  sayWindow(state);
}

function fitSelection(state: State): void {
  const { axis, chain, selected, other } = state;
  if (selected.value === 0) return;
  const ids = other.value > 0 ? [selected.value, other.value] : chain.value.slice(-8);
  const places = ids.map((id) => axis.value.ofEvent(id));
  const [from, to] = [Math.min(...places), Math.max(...places)];
  const margin = Math.max((to - from) * 0.15, axis.value.end * 1e-4);
  jumpTo(state, from - margin, to + margin);
}

/** Shows the violation: its event, its past cone and its story. */
export function toAnswer(state: State): void {
  const answer = answerOf(state.run, state.violation.value);
  const view = answer ? openingOf(answer, state.run) : plainView;
  batch(() => {
    state.cone.value = view.cone;
    state.depth.value = WHOLE;
    state.only.value = false;
    state.filterText.value = "";
    state.other.value = 0;
    state.selected.value = view.selected;
    state.axisMode.value = view.axis;
    const axis = state.axis.value;
    jumpTo(
      state,
      view.fromNs === undefined ? 0 : axis.ofTime(view.fromNs),
      view.toNs === undefined ? axis.end : axis.ofTime(view.toNs),
    );
  });
}

function go(state: State, id: number, otherwise: string): void {
  if (id > 0) select(state, id);
  else state.said.value = otherwise;
}

/** The event from which steps begin: the selected one, or the one at the middle of the window. */
function origin(state: State): number {
  if (state.selected.value > 0) return state.selected.value;
  return state.axis.value.rowAt((state.from.value + state.to.value) / 2);
}

function step(state: State, direction: 1 | -1): void {
  const id = stepFrom(state.run, origin(state), direction, { shown: state.shown.value });
  go(state, id, direction > 0 ? "this is the last event" : "this is the first event");
}

function stepHere(state: State, direction: 1 | -1): void {
  const from = origin(state);
  const host = state.run.trace.host[from - 1] as number;
  go(
    state,
    stepFrom(state.run, from, direction, { host, shown: state.shown.value }),
    "there is none further on this host",
  );
}

function stepFound(state: State, direction: 1 | -1): void {
  const { flags } = state.found.value;
  if (!flags) {
    state.said.value = "there is no filter";
    return;
  }
  for (let id = origin(state) + direction; id >= 1 && id <= flags.length; id += direction) {
    if (flags[id - 1] === 1) {
      select(state, id);
      return;
    }
  }
  state.said.value = "the filter finds no more";
}

function stepLane(state: State, direction: 1 | -1): void {
  const { run, shown } = state;
  const from = origin(state);
  const lane = run.laneOfHost[run.trace.host[from - 1] as number] ?? -1;
  for (let at = lane + direction; at >= 0 && at < run.lanes.length; at += direction) {
    const host = run.lanes[at]?.host as number;
    const after = stepFrom(run, from, 1, { host, shown: shown.value });
    const before = stepFrom(run, from, -1, { host, shown: shown.value });
    const timeOf = (id: number): number => run.trace.timeNs[id - 1] as number;
    const isAfter =
      before === 0 || (after > 0 && timeOf(after) - timeOf(from) < timeOf(from) - timeOf(before));
    const id = isAfter ? after : before;
    if (id > 0) {
      select(state, id);
      return;
    }
  }
  state.said.value = direction > 0 ? "this is the last lane" : "this is the first lane";
}

function deepen(state: State, by: number): void {
  const depth = state.depth.value;
  state.depth.value =
    depth >= WHOLE ? (by < 0 ? 3 : WHOLE) : depth + by > 12 ? WHOLE : Math.max(0, depth + by);
  state.said.value =
    state.depth.value >= WHOLE ? "cone: all hops" : `cone: ${state.depth.value} hops`;
}

function movePlayhead(state: State, direction: 1 | -1): void {
  const { run, playheadNs, selected } = state;
  const { timeNs } = run.trace;
  const atNs =
    playheadNs.value ?? (selected.value > 0 ? (timeNs[selected.value - 1] as number) : 0);
  let id = state.axis.value.rowAt(state.axis.value.ofTime(atNs)) + 1;
  if (selected.value > 0 && timeNs[selected.value - 1] === atNs) id = selected.value;
  const next = stepFrom(run, id, direction, { shown: state.shown.value });
  if (next === 0) return;
  batch(() => {
    playheadNs.value = timeNs[next - 1] as number;
    select(state, next);
    state.said.value = `playhead at ${showTime(timeNs[next - 1] as number)}`;
  });
}

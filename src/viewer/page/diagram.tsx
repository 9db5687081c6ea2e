/** The diagram: a canvas that follows the state, the pointer, and the list of events for readers of screens. */
import { effect } from "@preact/signals-core";
import { useEffect, useRef } from "preact/hooks";
import type { VNode } from "preact";
import { layoutLanes } from "../layout/lanes.ts";
import { Room } from "../layout/room.ts";
import { describeEvent, hostOf } from "../model/describe.ts";
import { OUTSIDE } from "../model/cone.ts";
import { isNotable } from "../model/rows.ts";
import { showTime } from "../model/words.ts";
import { type Colors, readColors } from "./colors.ts";
import { AXIS_DOWN, headSize } from "./draw/background.ts";
import { drawDiagram } from "./draw/diagram.ts";
import { drawPair } from "./draw/pair.ts";
import { END_PAD, type Hit, type HitLine, type Scene } from "./draw/scene.ts";
import { jumpTo, select, showWindow, type State } from "./state.ts";
import { decisiveWords, messageWords, summaryOf } from "./summary.ts";

const GUTTER = 128;

/** What the last frame drew, for the pointer. */
interface Frame {
  readonly hits: readonly Hit[];
  readonly lines: readonly HitLine[];
  readonly gutter: number;
  readonly total: number;
  readonly down: boolean;
  readonly width: number;
  readonly height: number;
}

/** The time that the last frame took, in milliseconds, and what it drew: for the benchmark. */
export const frameFacts: { drawMs: number; arrows: number; frames: number } = {
  drawMs: 0,
  arrows: 0,
  frames: 0,
};

/** The diagram. */
export function Diagram({ state }: { state: State }): VNode {
  const canvas = useRef<HTMLCanvasElement>(null);
  const tip = useRef<HTMLDivElement>(null);
  useEffect(() => {
    const element = canvas.current as HTMLCanvasElement;
    return bind(element, tip.current as HTMLDivElement, state);
  }, [state]);
  return (
    <div class="diagram">
      <canvas ref={canvas} aria-hidden="true" />
      <EventList state={state} />
      <p id="events-keys" class="unseen">
        Left and right go through events, up and down through hosts, the square brackets to cause
        and effect. I reads the selected event, Home goes to the answer, question mark lists all
        keys.
      </p>
      <div class="tip" ref={tip} hidden />
    </div>
  );
}

function bind(canvas: HTMLCanvasElement, tip: HTMLDivElement, state: State): () => void {
  const context = canvas.getContext("2d", { alpha: false }) as CanvasRenderingContext2D;
  let colors: Colors = readColors(document.documentElement);
  let frame: Frame | undefined;
  let hovered = 0;
  let asked = false;
  let shownFor = 0;
  const draw = (): void => {
    asked = false;
    const startMs = performance.now();
    const { clientWidth: width, clientHeight: height } = canvas;
    if (width === 0 || height === 0) return;
    const ratio = devicePixelRatio;
    if (
      canvas.width !== Math.round(width * ratio) ||
      canvas.height !== Math.round(height * ratio)
    ) {
      canvas.width = Math.round(width * ratio);
      canvas.height = Math.round(height * ratio);
    }
    context.setTransform(ratio, 0, 0, ratio, 0, 0);
    const other = state.compared.peek();
    const compared = typeof other === "object" ? other : undefined;
    // The other run takes the lower half; each has as much for its lanes.
    const heads = [state.run, compared?.run ?? state.run].map((run) =>
      headSize({ run, down: false }),
    );
    const below = compared
      ? Math.floor((height + (heads[1] as number) - (heads[0] as number)) / 2)
      : 0;
    let scene = sceneOf(state, context, colors, width, height - below, hovered);
    if (state.selected.peek() !== shownFor) {
      shownFor = state.selected.peek();
      if (revealLane(state, scene)) {
        scene = sceneOf(state, context, colors, width, height - below, hovered);
      }
    }
    const arrows = compared ? drawPair(scene, compared, below) : drawDiagram(scene);
    const { hits, lines, gutter, layout, down } = scene;
    frame = { hits, lines, gutter, total: layout.total + scene.head, down, width, height };
    frameFacts.drawMs = performance.now() - startMs;
    frameFacts.arrows = arrows;
    frameFacts.frames++;
  };
  const ask = (): void => {
    if (asked) return;
    asked = true;
    requestAnimationFrame(draw);
  };
  const stop = effect(() => {
    touch(state);
    ask();
  });
  const sizes = new ResizeObserver(() => draw());
  sizes.observe(canvas);
  const themes = [
    matchMedia("(prefers-color-scheme: dark)"),
    matchMedia("(forced-colors: active)"),
  ];
  const recolor = (): void => {
    colors = readColors(document.documentElement);
    ask();
  };
  for (const theme of themes) theme.addEventListener("change", recolor);
  document.documentElement.addEventListener("lightcone-theme", recolor);
  const at = (x: number): number => {
    const { from, to } = state;
    const { gutter, width, height, down } = frame as Frame;
    const size = (down ? height : width) - gutter - END_PAD;
    return from.value + ((x - gutter) / size) * (to.value - from.value);
  };
  bindPointer(canvas, state, {
    at,
    frame: () => frame,
    hover(id, text, x, y) {
      if (id !== hovered) {
        hovered = id;
        ask();
      }
      tip.hidden = text === "";
      canvas.style.cursor = id > 0 ? "pointer" : "";
      if (text === "") return;
      tip.textContent = text;
      const { width } = frame as Frame;
      tip.style.left = `${Math.max(4, Math.min(width - tip.offsetWidth - 8, x + 12))}px`;
      tip.style.top = `${y + 16}px`;
    },
  });
  return () => {
    stop();
    sizes.disconnect();
    for (const theme of themes) theme.removeEventListener("change", recolor);
  };
}

/** Reads all that a frame depends on, so that the effect runs again when it changes. */
function touch(state: State): void {
  const { from, to, selected, other, chain, lit, shown, found, down, playheadNs, scroll } = state;
  for (const each of [
    from,
    to,
    selected,
    other,
    chain,
    lit,
    shown,
    found,
    down,
    playheadNs,
    scroll,
  ])
    void each.value;
  void state.axis.value;
  void state.compared.value;
  void state.mechanism.value;
  void state.filterMode.value;
  void state.dissector.value;
  void state.violation.value;
}

function sceneOf(
  state: State,
  context: CanvasRenderingContext2D,
  colors: Colors,
  width: number,
  height: number,
  hovered: number,
): Scene {
  const { run, cones, depth, only, cone, down, found, filterMode } = state;
  const axis = state.axis.peek();
  const isCompared = typeof state.compared.peek() === "object";
  const isDown = down.peek() && !isCompared;
  const head = headSize({ run, down: isDown });
  const available = (isDown ? width - AXIS_DOWN : height - head) - 4;
  const kept = only.peek() && cones.peek() ? lanesWithin(state) : undefined;
  const keep = (index: number): boolean => kept === undefined || kept.has(index);
  const layout = layoutLanes(run.lanes, run.operations, available, keep, isCompared);
  const from = state.from.peek();
  const to = state.to.peek();
  const most = Math.max(0, layout.total - available);
  if (state.scroll.peek() > most) state.scroll.value = most;
  return {
    context,
    run,
    axis,
    layout,
    colors,
    answer: state.answerShown.peek(),
    from,
    to,
    firstRow: axis.rowAt(from),
    lastRow: axis.rowAt(to + 1e-3),
    width,
    height,
    down: isDown,
    gutter: isDown ? head : GUTTER,
    head: isDown ? AXIS_DOWN : head,
    scroll: state.scroll.peek(),
    selected: state.selected.peek(),
    other: state.other.peek(),
    hovered,
    chain: state.chain.peek(),
    told: new Set(state.mechanism.peek().flatMap(({ event }) => (event > 0 ? [event] : []))),
    cones: cones.peek(),
    lit: state.lit.peek(),
    depth: depth.peek(),
    coneShown: cone.peek(),
    shown: state.shown.peek(),
    bright: filterMode.peek() === "dim" ? found.peek().flags : undefined,
    playheadNs: state.playheadNs.peek(),
    summaryOf: (id) => messageWords(state, id),
    room: new Room(),
    hits: [],
    lines: [],
  };
}

/** Scrolls the lane of the selected event into view, if it is not; returns whether it did. */
function revealLane(state: State, scene: Scene): boolean {
  const { run, layout, selected, scroll, head, down, width, height } = scene;
  const box = layout.byHost.get(run.trace.host[selected - 1] ?? -1);
  if (!box) return false;
  const room = (down ? width : height) - head;
  if (box.top >= scroll && box.top + box.height <= scroll + room) return false;
  const most = Math.max(0, layout.total - room + 4);
  state.scroll.value = Math.max(0, Math.min(most, box.top - (room - box.height) / 2));
  return true;
}

/** The lanes that have an event in the cone that is lit. */
function lanesWithin({ run, lit }: State): Set<number> {
  const flags = lit.peek();
  const kept = new Set<number>();
  if (!flags) return kept;
  const { host } = run.trace;
  for (let row = 0; row < flags.length; row++) {
    if (flags[row] === 1) kept.add(run.laneOfHost[host[row] as number] as number);
  }
  return kept;
}

interface PointerPorts {
  readonly at: (pixel: number) => number;
  readonly frame: () => Frame | undefined;
  hover(id: number, text: string, x: number, y: number): void;
}

function bindPointer(canvas: HTMLCanvasElement, state: State, ports: PointerPorts): void {
  let drag:
    | { x: number; y: number; from: number; to: number; moved: boolean; range: boolean }
    | undefined;
  const alongOf = (event: MouseEvent): number =>
    ports.frame()?.down === true ? event.offsetY : event.offsetX;
  canvas.addEventListener("pointerdown", (event) => {
    if (event.button !== 0) return;
    canvas.setPointerCapture(event.pointerId);
    const [from, to] = [state.from.value, state.to.value];
    drag = { x: alongOf(event), y: event.offsetY, from, to, moved: false, range: event.shiftKey };
  });
  canvas.addEventListener("pointermove", (event) => {
    const frame = ports.frame();
    if (!frame) return;
    if (!drag) {
      const found = hitAt(frame, event.offsetX, event.offsetY);
      const told = found?.text ?? (() => (found ? lineText(state, found.id) : ""));
      const text = typeof told === "string" ? told : told();
      ports.hover(found?.id ?? 0, text, event.offsetX, event.offsetY);
      return;
    }
    const along = alongOf(event);
    if (Math.abs(along - drag.x) > 3) drag.moved = true;
    if (!drag.moved || drag.range) return;
    ports.hover(0, "", 0, 0);
    const size = (frame.down ? frame.height : frame.width) - frame.gutter - END_PAD;
    const shift = ((drag.x - along) / size) * (drag.to - drag.from);
    showWindow(state, drag.from + shift, drag.to + shift);
  });
  canvas.addEventListener("pointerup", (event) => {
    const frame = ports.frame();
    const done = drag;
    drag = undefined;
    if (!frame || !done) return;
    if (done.moved && done.range) {
      const [a, b] = [ports.at(done.x), ports.at(alongOf(event))];
      jumpTo(state, Math.min(a, b), Math.max(a, b));
      return;
    }
    if (done.moved) return;
    const found = hitAt(frame, event.offsetX, event.offsetY);
    if (found && (event.ctrlKey || event.metaKey)) state.other.value = found.id;
    else if (found) select(state, found.id, { reveal: false });
    document.querySelector<HTMLElement>("#events")?.focus({ preventScroll: true });
  });
  canvas.addEventListener("pointerleave", () => ports.hover(0, "", 0, 0));
  canvas.addEventListener("dblclick", (event) => {
    const center = ports.at(alongOf(event));
    const width = (state.to.value - state.from.value) / 4;
    jumpTo(state, center - width / 2, center + width / 2);
  });
  canvas.addEventListener(
    "wheel",
    (event) => {
      const frame = ports.frame();
      if (!frame) return;
      event.preventDefault();
      const [from, to] = [state.from.value, state.to.value];
      const isSideways = event.shiftKey || Math.abs(event.deltaX) > Math.abs(event.deltaY);
      if (event.offsetX < frame.gutter && !frame.down) {
        const most = Math.max(0, frame.total - frame.height);
        state.scroll.value = Math.max(0, Math.min(most, state.scroll.value + event.deltaY));
      } else if (isSideways) {
        const shift = ((event.deltaX || event.deltaY) / frame.width) * (to - from);
        showWindow(state, from + shift, to + shift);
      } else {
        const center = ports.at(alongOf(event));
        const factor = Math.exp(Math.max(-60, Math.min(60, event.deltaY)) * 0.006);
        showWindow(state, center - (center - from) * factor, center + (to - center) * factor);
      }
    },
    { passive: false },
  );
}

/** What is under the pointer: the last drawn mark, else the nearest arrow. */
function hitAt(
  { hits, lines, gutter, down }: Frame,
  x: number,
  y: number,
): { readonly id: number; readonly text: Hit["text"] | undefined } | undefined {
  if ((down ? y : x) < gutter) return undefined;
  for (let at = hits.length - 1; at >= 0; at--) {
    const hit = hits[at] as Hit;
    if (x >= hit.x && x <= hit.x + hit.width && y >= hit.y && y <= hit.y + hit.height) return hit;
  }
  let best: HitLine | undefined;
  let nearest = 5;
  for (const line of lines) {
    const { x1, y1, x2, y2 } = line;
    const [dx, dy] = [x2 - x1, y2 - y1];
    const length = dx * dx + dy * dy || 1;
    const share = Math.max(0, Math.min(1, ((x - x1) * dx + (y - y1) * dy) / length));
    const distance = Math.hypot(x - x1 - share * dx, y - y1 - share * dy);
    if (distance < nearest) [nearest, best] = [distance, line];
  }
  return best && { id: best.id, text: undefined };
}

function lineText(state: State, id: number): string {
  const { run } = state;
  return `${showTime(run.trace.timeNs[id - 1] as number)} · ${hostOf(run, id)} ${summaryOf(state, id)}`;
}

/** At most this many events are in the list at once; the keys move on through all of them. */
const LISTED_MAX = 60;

/**
 * The events in view as a list that is not seen: keys move through it, and a reader of screens says the one that is
 * selected.
 */
function EventList({ state }: { state: State }): VNode {
  const ids = listedEvents(state);
  const selected = state.selected.value;
  const active = ids.includes(selected) ? `event-${selected}` : undefined;
  return (
    <div
      id="events"
      class="events"
      role="listbox"
      tabIndex={0}
      aria-label="Events in view, in order of time"
      aria-orientation="horizontal"
      aria-describedby="events-keys"
      aria-activedescendant={active}
    >
      {ids.map((id) => (
        <div
          key={id}
          id={`event-${id}`}
          class="unseen"
          role="option"
          aria-selected={id === selected}
          aria-posinset={id}
          aria-setsize={state.run.trace.length}
          onClick={() => select(state, id)}
        >
          {sayEvent(state, id)}
        </div>
      ))}
      {ids.length === 0 && (
        <div class="unseen" role="option" aria-selected={false}>
          No events in view
        </div>
      )}
    </div>
  );
}

/** The notable events around the selected one. */
function listedEvents({ run, selected, from, to, axis, shown }: State): number[] {
  const flags = shown.value;
  const first = axis.value.rowAt(from.value);
  const last = axis.value.rowAt(to.value + 1e-3);
  const { kind } = run.trace;
  const isListed = (row: number): boolean =>
    isNotable(kind[row] as number) && (flags === undefined || flags[row] === 1);
  const middle = Math.max(first, Math.min(last - 1, (selected.value || first + 1) - 1));
  const ids: number[] = [];
  for (let row = middle; row >= first && ids.length < LISTED_MAX / 2; row--) {
    if (isListed(row)) ids.unshift(row + 1);
  }
  for (let row = middle + 1; row < last && ids.length < LISTED_MAX; row++) {
    if (isListed(row)) ids.push(row + 1);
  }
  return ids;
}

/** An event as a reader of screens says it: "a-1 receives 7 bytes from b at 1.253s, in the past cone". */
export function sayEvent(state: State, id: number): string {
  const { run, cones } = state;
  const row = id - 1;
  const lit = cones.value;
  const where =
    lit === undefined || id === lit.id
      ? ""
      : lit.past[row] !== OUTSIDE
        ? ", in the past cone"
        : lit.future[row] !== OUTSIDE
          ? ", in the future cone"
          : ", concurrent";
  const words = state.dissector.value ? summaryOf(state, id) : describeEvent(run, id);
  const at = showTime(run.trace.timeNs[row] as number, 1e5);
  return `${hostOf(run, id)} ${words} at ${at}${where}${sayStory(state, id)}${sayRelation(state, id)}`;
}

/** Its moment in the story, if it is one: ", moment 3 of the story, here it went wrong". */
function sayStory(state: State, id: number): string {
  const answer = state.answerShown.value;
  const step = answer?.steps.find(({ event }) => event === id);
  if (!step) return "";
  return `, moment ${step.number} of the story${step.decisive ? `, ${decisiveWords(state)}` : ""}`;
}

/** How the selected event is to the one that is held. */
function sayRelation({ other, selected, relation }: State, id: number): string {
  if (id !== selected.value || other.value === 0 || relation.value === undefined) return "";
  const held = `event ${other.value}`;
  return {
    before: `, could have been influenced by ${held}`,
    after: `, could have influenced ${held}`,
    concurrent: `, concurrent with ${held}`,
    same: ", held",
  }[relation.value];
}

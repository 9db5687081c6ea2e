/** What lies behind the lanes: the axis, the faults, the light cone. */
import { roundStep } from "../../model/axis.ts";
import { OUTSIDE } from "../../model/cone.ts";
import { stackSpans } from "../../layout/stack.ts";
import { showCount, showDuration, showTime } from "../../model/words.ts";
import {
  across,
  addHit,
  along,
  alongEnd,
  fillBox,
  fit,
  FONT_BOLD,
  FONT_SMALL,
  path,
  pointOf,
  type Scene,
  strokeLine,
} from "./scene.ts";

/** The size of the axis, across. */
export const AXIS = 24;
/** The width of the axis where time runs downwards. */
export const AXIS_DOWN = 74;
/** More ticks than any window has: those within folds are passed over. */
const TICKS_MAX = 5_000;
const FAULT_ROW = 19;
const FAULT_ROWS_MAX = 3;

/** The size of axis and faults together. */
export function headSize(scene: Pick<Scene, "run" | "down">): number {
  const { faults } = scene.run;
  if (scene.down) return 34;
  if (faults.length === 0) return AXIS;
  const rows = stackSpans(
    faults.map(({ fromNs, toNs }) => ({ from: fromNs, to: toNs })),
    FAULT_ROWS_MAX,
  );
  return AXIS + (Math.max(...rows) + 1) * FAULT_ROW + 4;
}

/** The axis with its ticks and folds, and lines through the lanes. */
export function drawAxis(scene: Scene): void {
  const { context, colors, axis, from, to, down, gutter } = scene;
  const end = alongEnd(scene);
  const bottom = down ? scene.width : scene.height;
  context.font = FONT_SMALL;
  context.textBaseline = "middle";
  const pixels = end - gutter;
  const least = ((to - from) / Math.max(1, pixels)) * (down ? 60 : 110);
  const step = roundStep(axis.mode === "rank" ? Math.max(1, least) : least);
  drawFolds(scene, bottom, step);
  context.strokeStyle = colors.line;
  context.fillStyle = colors.soft;
  context.lineWidth = 1;
  // Round moments, also where folds shift them.
  const isTime = axis.mode !== "rank";
  const [start, last] = isTime ? [axis.timeAt(from), axis.timeAt(to)] : [from, to];
  const first = Math.ceil(start / step) * step;
  for (let tick = first, count = 0; tick <= last && count < TICKS_MAX; tick += step, count++) {
    const position = isTime ? axis.ofTime(tick) : tick;
    const a = Math.round(along(scene, position)) + 0.5;
    if (a < gutter) continue;
    strokeLine(scene, a, down ? 34 : AXIS - 5, a, bottom);
    if (axis.folds.some((fold) => position > fold.from && position <= fold.to)) continue;
    const label = isTime ? showTime(tick, step) : `event ${tick + 1}`;
    context.textAlign = down ? "right" : "center";
    if (down) context.fillText(label, AXIS_DOWN - 6, a);
    else tickLabel(scene, label, a);
  }
  context.textAlign = "left";
}

/** A word on the axis, moved so that it is not cut off, and left out where another one is. */
function tickLabel(scene: Scene, label: string, a: number): void {
  const { context, gutter, room } = scene;
  const half = context.measureText(label).width / 2;
  const end = alongEnd(scene);
  const x = Math.max(gutter + half + 2, Math.min(end - half - 2, a));
  if (Math.abs(x - a) > half + 4 || !room.claim(x - half - 3, 0, 2 * half + 6, AXIS - 4)) return;
  context.fillText(label, x, AXIS / 2 - 1);
}

/** The gaps that are folded: the moment at which each ends, and how long it was where there is room for that. */
function drawFolds(scene: Scene, bottom: number, step: number): void {
  const { context, colors, axis, from, to, gutter } = scene;
  const lengths: [words: string, a: number][] = [];
  for (const fold of axis.folds) {
    if (fold.to < from || fold.from > to) continue;
    const a0 = Math.max(gutter, along(scene, fold.from));
    const a1 = along(scene, fold.to);
    if (a1 <= gutter) continue;
    context.fillStyle = colors.card;
    fillBox(scene, a0, AXIS, Math.max(a1, a0 + 3), bottom);
    context.strokeStyle = colors.soft;
    context.setLineDash([2, 3]);
    for (const a of [a0, Math.max(a1, a0 + 3)]) {
      strokeLine(scene, Math.round(a) + 0.5, AXIS, Math.round(a) + 0.5, bottom);
    }
    context.setLineDash([]);
    if (scene.down) continue;
    const words =
      fold.events === undefined
        ? `+${showDuration(fold.toNs - fold.fromNs)}`
        : `the same for ${showCount(fold.events)} events`;
    lengths.push([words, (a0 + a1) / 2]);
    context.fillStyle = colors.soft;
    context.textAlign = "center";
    tickLabel(scene, showTime(fold.toNs, Math.min(step, 1e8)), a1);
  }
  for (const [words, a] of lengths) tickLabel(scene, words, a);
}

/** A hatched band behind the lanes that a fault concerns. */
export function drawFaultBands(scene: Scene): void {
  const { context, colors, run, axis, gutter, layout, answer } = scene;
  const hatch = hatchOf(context, colors.fault);
  const end = alongEnd(scene);
  for (const fault of run.faults) {
    const a0 = Math.max(gutter, along(scene, axis.ofTime(fault.fromNs)));
    const a1 = Math.max(a0 + 2, along(scene, axis.ofTime(fault.toNs)));
    if (a1 < gutter || a0 > end) continue;
    const isTold = answer?.faults.includes(fault) ?? false;
    for (const { lane, top, height } of layout.boxes) {
      if (!fault.targets.includes(lane.name)) continue;
      const [c0, c1] = [across(scene, top), across(scene, top + height)];
      context.globalAlpha = isTold ? 0.55 : 0.35;
      context.fillStyle = colors["fault-soft"];
      fillBox(scene, a0, c0, a1, c1);
      context.globalAlpha = isTold ? 0.4 : 0.22;
      context.fillStyle = hatch;
      fillBox(scene, a0, c0, a1, c1);
    }
  }
  context.globalAlpha = 1;
}

/** A bar with its words for each fault, above the lanes. */
export function drawFaultBars(scene: Scene): void {
  const { context, colors, run, axis, down, gutter, answer } = scene;
  const { faults } = run;
  if (faults.length === 0 || down) return;
  const rows = stackSpans(
    faults.map(({ fromNs, toNs }) => ({ from: fromNs, to: toNs })),
    FAULT_ROWS_MAX,
  );
  const end = alongEnd(scene);
  // When the next fault of the same row begins.
  const ahead = new Map<number, number>();
  const nextOf = faults.map(() => run.endNs * 2);
  for (let index = faults.length - 1; index >= 0; index--) {
    const row = rows[index] as number;
    nextOf[index] = ahead.get(row) ?? run.endNs * 2;
    ahead.set(row, (faults[index] as { fromNs: number }).fromNs);
  }
  context.textBaseline = "middle";
  faults.forEach((fault, index) => {
    const a0 = Math.max(gutter, along(scene, axis.ofTime(fault.fromNs)));
    const a1 = Math.min(end, Math.max(a0 + 2, along(scene, axis.ofTime(fault.toNs))));
    if (a1 < gutter || a0 > end) return;
    const isTold = answer?.faults.includes(fault) ?? false;
    const c = AXIS + (rows[index] as number) * FAULT_ROW;
    context.fillStyle = isTold ? colors.fault : colors["fault-soft"];
    context.beginPath();
    context.roundRect(a0, c, Math.max(2, a1 - a0), FAULT_ROW - 3, 4);
    context.fill();
    addHit(scene, fault.began, `${showTime(fault.fromNs)} · ${fault.text}`, [
      a0,
      c,
      Math.max(6, a1 - a0),
      FAULT_ROW - 3,
    ]);
    context.font = isTold ? FONT_BOLD : FONT_SMALL;
    // A fault of the story has its number at its beginning.
    const offset = isTold ? 24 : 7;
    const inner = a1 - a0 - offset - 5;
    const middle = c + (FAULT_ROW - 3) / 2 + 0.5;
    const nextNs = nextOf[index] as number;
    const outer = Math.min(end, along(scene, axis.ofTime(nextNs))) - a1 - 12;
    // Most of many faults have no room for words.
    if (inner < 18 && outer < 18) return;
    const whole = context.measureText(fault.text).width;
    if (whole <= inner || inner >= outer) {
      context.fillStyle = isTold ? colors["badge-ink"] : colors.ink;
      context.fillText(fit(context, fault.text, inner), a0 + offset, middle);
    } else {
      // Beside the bar, where the row is free until the next one.
      context.fillStyle = colors.ink;
      context.fillText(fit(context, fault.text, outer), Math.max(a1 + 6, a0 + offset), middle);
    }
  });
}

const hatches = new Map<string, CanvasPattern | string>();

function hatchOf(context: CanvasRenderingContext2D, color: string): CanvasPattern | string {
  const known = hatches.get(color);
  if (known !== undefined) return known;
  const tile = document.createElement("canvas");
  tile.width = tile.height = 8;
  const pen = tile.getContext("2d") as CanvasRenderingContext2D;
  pen.strokeStyle = color;
  pen.lineWidth = 1;
  for (const shift of [-8, 0, 8]) {
    pen.beginPath();
    pen.moveTo(shift, 8);
    pen.lineTo(shift + 8, 0);
    pen.stroke();
  }
  const pattern = context.createPattern(tile, "repeat") ?? color;
  hatches.set(color, pattern);
  return pattern;
}

/**
 * The shaded cones: on each lane as far as they reach, joined from lane to lane. Their edges are not drawn as lines,
 * which readers took for slow messages.
 */
export function drawCones(scene: Scene): void {
  const { cones, coneShown, colors } = scene;
  if (!cones) return;
  if (coneShown !== "future") drawCone(scene, cones.past, true, colors.past);
  if (coneShown !== "past") drawCone(scene, cones.future, false, colors.future);
}

function drawCone(scene: Scene, depths: Uint16Array, isPast: boolean, color: string): void {
  const { context, layout, depth, gutter } = scene;
  const end = alongEnd(scene);
  const reach = reachOf(scene, depths, isPast, depth);
  const edges = layout.boxes.map((box) => {
    const id = reach[box.lane.host] as number;
    const c = across(scene, box.line);
    if (id === 0) return { a: isPast ? gutter : end, c, box };
    const a = along(scene, scene.axis.ofEvent(id));
    return { a: Math.max(gutter, Math.min(end, a)), c, box };
  });
  if (edges.length === 0) return;
  const outer = isPast ? gutter : end;
  context.save();
  context.globalAlpha = 0.12;
  context.fillStyle = color;
  const [first, last] = [edges[0], edges.at(-1)] as [(typeof edges)[0], (typeof edges)[0]];
  const top = across(scene, first.box.top);
  const bottom = across(scene, last.box.top + last.box.height);
  const line = edges.map(({ a, c }) => pointOf(scene, a, c));
  path(context, [
    pointOf(scene, outer, top),
    pointOf(scene, first.a, top),
    ...line,
    pointOf(scene, last.a, bottom),
    pointOf(scene, outer, bottom),
  ]);
  context.fill();
  context.restore();
}

const reaches = new WeakMap<Uint16Array, { depth: number; ids: Uint32Array }>();

/** By host number: the last event of the past, or the first of the future; 0 for none. */
function reachOf(scene: Scene, depths: Uint16Array, isPast: boolean, depth: number): Uint32Array {
  const known = reaches.get(depths);
  if (known?.depth === depth) return known.ids;
  const { host } = scene.run.trace;
  const ids = new Uint32Array(scene.run.trace.hosts.length + 1);
  for (let row = 0; row < depths.length; row++) {
    if (depths[row] === OUTSIDE || (depths[row] as number) > depth) continue;
    const on = host[row] as number;
    if (isPast || ids[on] === 0) ids[on] = row + 1;
  }
  reaches.set(depths, { depth, ids });
  return ids;
}

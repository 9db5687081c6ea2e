/** The operations of clients as bars, what they held in between, and the texts of both. */
import { type LaneBox, rowOf } from "../../layout/lanes.ts";
import { describeAnswer, describeRequest, type OperationBar } from "../../model/operations.ts";
import type { Hold } from "../../model/answer.ts";
import { showDuration, showTime } from "../../model/words.ts";
import {
  across,
  addHit,
  along,
  alongEnd,
  boxOf,
  fit,
  FONT_BOLD,
  FONT_SMALL,
  isLit,
  type Scene,
  spanOf,
} from "./scene.ts";

/** What clients held, between their operations: red in the violation, and empty once its lease was over. */
function drawHolds(scene: Scene): BarText[] {
  const { colors, answer } = scene;
  const texts: BarText[] = [];
  const text = ({ what }: Hold): string => `holds ${what}`;
  const [viewNs, viewToNs] = [scene.axis.timeAt(scene.from), scene.axis.timeAt(scene.to)];
  for (const hold of answer?.otherHolds ?? []) {
    if (hold.toNs < viewNs || hold.fromNs > viewToNs) continue;
    drawHold(scene, hold, hold.fromNs, hold.toNs, { text: text(hold), fill: colors.op, inset: 4 });
  }
  for (const hold of answer?.holds ?? []) {
    const { fromNs, toNs, leaseNs = Infinity } = hold;
    const full = { text: text(hold), fill: colors.bad, color: colors["badge-ink"] };
    texts.push(...drawHold(scene, hold, fromNs, Math.min(toNs, leaseNs), full));
    const over = {
      text: "lease over",
      fill: colors["bad-soft"],
      edge: colors.bad,
      color: colors.bad,
    };
    if (leaseNs < toNs) texts.push(...drawHold(scene, hold, leaseNs, toNs, over));
  }
  return texts;
}

interface HoldStyle {
  readonly text: string;
  readonly fill: string;
  /** The colour of its text; absent for none. */
  readonly color?: string;
  readonly edge?: string;
  readonly inset?: number;
}

/** A part of what a client held. Returns its text. */
function drawHold(
  scene: Scene,
  { host, lane, event, fromNs: since, toNs: till }: Hold,
  fromNs: number,
  toNs: number,
  { text, fill, color, edge, inset = 0 }: HoldStyle,
): BarText[] {
  const { context, layout } = scene;
  const box = layout.byHost.get(host);
  const [a0, a1] = spanOf(scene, fromNs, toNs, 1) ?? [0, 0];
  if (!box || a1 === 0) return [];
  const top = across(scene, box.rowTop + rowOf(box, lane) * box.rowHeight) + inset;
  const bottom = top + box.rowHeight - 3 - 2 * inset;
  context.fillStyle = fill;
  const rect = boxOf(scene, a0, top, Math.max(a0 + 2, a1), bottom);
  context.fillRect(...rect);
  if (edge !== undefined) {
    context.strokeStyle = edge;
    context.lineWidth = 1.5;
    context.setLineDash([4, 3]);
    context.strokeRect(...rect);
    context.setLineDash([]);
  }
  addHit(scene, event, `${lane}: ${text}, ${showDuration(till - since)} in all`, rect);
  if (scene.down) return [];
  scene.room.claim(...rect);
  if (color === undefined) return [];
  context.font = FONT_BOLD;
  const whole = fit(context, text, a1 - a0 - 10);
  // Of words that do not fit, the last one says most.
  const shown = whole === text ? text : fit(context, text.split(" ").at(-1) ?? "", a1 - a0 - 8);
  if (shown === "") return [];
  const { width } = context.measureText(shown);
  const y = (top + bottom) / 2 + 0.5;
  return [{ text: shown, x: a0 + 6, y, width, font: FONT_BOLD, color, back: fill, alpha: 1 }];
}

/** A text of a bar. It is written when the messages are drawn, so that none crosses it. */
export interface BarText {
  readonly text: string;
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly font: string;
  readonly color: string;
  /** The colour behind it. */
  readonly back: string;
  readonly alpha: number;
}

interface PlacedBar {
  readonly bar: OperationBar;
  readonly box: LaneBox;
  readonly a0: number;
  readonly a1: number;
  /** Whether it did it, and whether it is of the violation at all. */
  readonly isMarked: boolean;
  readonly isPart: boolean;
  /** How much of the row is free behind it, in pixels. */
  readonly free: number;
}

/** With more bars than this in view, none has its text beside it. */
const BESIDE_MAX = 60;

/** The bars of operations, from request to answer. Returns their texts, for {@link drawBarTexts}. */
export function drawOperations(scene: Scene): BarText[] {
  const bars = placeBars(scene);
  const texts: BarText[] = [];
  scene.context.textBaseline = "middle";
  for (const placed of bars) {
    const text = drawBar(scene, placed, bars.length <= BESIDE_MAX);
    if (text) texts.push(text);
  }
  scene.context.globalAlpha = 1;
  texts.push(...drawHolds(scene));
  return texts;
}

/** The bars in view, with the room that each has behind it. */
function placeBars(scene: Scene): PlacedBar[] {
  const { run, layout, axis, gutter, answer } = scene;
  const end = alongEnd(scene);
  const contradicting = new Set(answer?.operations.map(({ index }) => index));
  const lastDrawn = new Map<number, number>();
  const bars: PlacedBar[] = [];
  const rowKey = (box: LaneBox, lane: string): number => box.lane.host * 8 + rowOf(box, lane);
  for (const bar of run.operations) {
    const box = layout.byHost.get(bar.host);
    if (!box) continue;
    const until = Math.min(bar.toNs, run.endNs);
    const a0 = along(scene, axis.ofTime(bar.fromNs));
    const a1 = along(scene, axis.ofTime(until));
    if (a1 < gutter || a0 > end) continue;
    const isPart = contradicting.has(bar.index);
    const isMarked = answer?.did.has(bar.invoke) ?? false;
    // Where there are many to a pixel, one stands for all.
    const row = rowKey(box, bar.lane);
    if (!isMarked && a1 - a0 < 2 && (lastDrawn.get(row) ?? -9) > a0 - 2) continue;
    lastDrawn.set(row, a1);
    const clipped = { a0: Math.max(gutter, a0), a1: Math.min(a1, end + 6) };
    bars.push({ bar, box, ...clipped, isMarked, isPart, free: 0 });
  }
  // What is held lies behind the bar that took it.
  const next = new Map<number, number>();
  const taken = new Set(
    [...(answer?.holds ?? []), ...(answer?.otherHolds ?? [])].map(({ event }) => event),
  );
  for (let at = bars.length - 1; at >= 0; at--) {
    const placed = bars[at] as PlacedBar;
    const row = rowKey(placed.box, placed.bar.lane);
    const free = taken.has(placed.bar.complete) ? 0 : (next.get(row) ?? end) - placed.a1;
    bars[at] = { ...placed, free };
    next.set(row, placed.a0);
  }
  return bars;
}

function drawBar(
  scene: Scene,
  { bar, box, a0, a1, isMarked, isPart, free }: PlacedBar,
  mayBeside: boolean,
): BarText | undefined {
  const { context, colors, down } = scene;
  const top = across(scene, box.rowTop + rowOf(box, bar.lane) * box.rowHeight);
  const bottom = top + box.rowHeight - 3;
  const unsure = bar.outcome === "info" || bar.outcome === "open";
  const dim = !isMarked && !isPart && scene.lit !== undefined && !isLit(scene, bar.invoke);
  const isSelected = scene.selected === bar.invoke || scene.selected === bar.complete;
  const width = Math.max(2, a1 - a0);
  const alpha = dim ? 0.35 : 1;
  context.globalAlpha = alpha;
  const back = isMarked
    ? colors["bad-soft"]
    : unsure
      ? colors["warn-soft"]
      : bar.outcome === "fail"
        ? colors.card
        : colors["op-soft"];
  const rect = boxOf(scene, a0, top, a0 + width, bottom);
  const [x, y, wide, high] = rect;
  addHit(scene, bar.complete || bar.invoke, () => barText(bar), [
    x,
    y,
    Math.max(4, wide),
    Math.max(4, high),
  ]);
  const color = isMarked ? colors.bad : unsure ? colors.warn : colors.ink;
  if (width < 5 && !isSelected) {
    // Too narrow for an edge: its colour alone.
    context.fillStyle = isMarked ? colors.bad : unsure ? colors.warn : colors.op;
    context.fillRect(...rect);
  } else {
    context.fillStyle = back;
    context.beginPath();
    context.roundRect(...rect, 3);
    context.fill();
    const plain = bar.outcome === "fail" ? colors.soft : colors.op;
    context.strokeStyle = isMarked || isPart ? colors.bad : unsure ? colors.warn : plain;
    context.lineWidth = isSelected ? 2.5 : isMarked ? 1.75 : 1;
    if (unsure) context.setLineDash([4, 3]);
    if (width > 3) context.stroke();
    context.setLineDash([]);
  }
  context.globalAlpha = 1;
  // Most of many bars have no room for a text, which takes far longer than the bar.
  const hasRoom = down ? bottom - top >= 10 && width > 14 : width >= 30 || (mayBeside && free > 40);
  if (!hasRoom) return undefined;
  const font = isMarked ? FONT_BOLD : FONT_SMALL;
  context.font = font;
  // An answer beyond the window would be read as one that is there.
  const isLater = a1 > alongEnd(scene) && bar.toNs < Infinity;
  const answer = isLater ? `answered at ${showTime(bar.toNs)}` : describeAnswer(bar);
  const whole = `${describeRequest(bar)} → ${answer}`;
  const written = { y: (top + bottom) / 2 + 0.5, font, color, alpha };
  if (down) {
    const text = fit(context, whole, box.height - 8);
    const measured = context.measureText(text).width;
    return { ...written, text, x: rect[0] + 3, y: a0 + 8, width: measured, back };
  }
  const measured = context.measureText(whole).width;
  if (measured > width - 10 && mayBeside && measured < free - 12) {
    const x = a0 + width + 5;
    if (!scene.room.claim(x - 2, top, measured + 4, bottom - top)) return undefined;
    return { ...written, text: whole, x, width: measured, back: colors.paper };
  }
  // The answer alone says more than half of the request.
  const isAnswer = measured > width - 10 && context.measureText(answer).width <= width - 10;
  const text = isAnswer ? answer : fit(context, whole, width - 10);
  if (text === "") return undefined;
  const shown = context.measureText(text).width;
  // No label of a message covers an operation's text.
  scene.room.claim(rect[0], rect[1], Math.min(rect[2], shown + 12), rect[3]);
  return { ...written, text, x: a0 + 6, width: shown, back };
}

/** Writes the texts of the bars, each on the colour of its bar. */
export function drawBarTexts({ context }: Scene, texts: readonly BarText[]): void {
  context.textAlign = "left";
  context.textBaseline = "middle";
  for (const { text, x, y, width, font, color, back, alpha } of texts) {
    context.globalAlpha = alpha < 1 ? 0 : 0.8;
    context.fillStyle = back;
    context.fillRect(x - 2, y - 6, width + 4, 12);
    context.globalAlpha = alpha < 1 ? 0.6 : 1;
    context.font = font;
    context.fillStyle = color;
    context.fillText(text, x, y);
  }
  context.globalAlpha = 1;
}

function barText(bar: OperationBar): string {
  const took = bar.toNs === Infinity ? "never answered" : showDuration(bar.toNs - bar.fromNs);
  return `${bar.lane}: ${describeRequest(bar)} → ${describeAnswer(bar)} · ${took}`;
}

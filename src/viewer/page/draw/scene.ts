/** What the diagram draws: the state at one moment, with the places of everything, and what can be hit. */
import type { Answer } from "../../model/answer.ts";
import type { Axis } from "../../model/axis.ts";
import type { Cones } from "../../model/cone.ts";
import type { Run } from "../../model/run.ts";
import type { LaneLayout } from "../../layout/lanes.ts";
import type { Room } from "../../layout/room.ts";
import type { Colors } from "../colors.ts";

/** A place that answers to the pointer. */
export interface Hit {
  /** The event that it selects. */
  readonly id: number;
  /** A function where the text takes long to make and is mostly not needed. */
  readonly text: string | (() => string);
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
}

/** A line that answers to the pointer. */
export interface HitLine {
  readonly id: number;
  readonly x1: number;
  readonly y1: number;
  readonly x2: number;
  readonly y2: number;
}

/** Everything that one frame needs. */
export interface Scene {
  readonly context: CanvasRenderingContext2D;
  readonly run: Run;
  readonly axis: Axis;
  readonly layout: LaneLayout;
  readonly colors: Colors;
  readonly answer: Answer | undefined;
  readonly from: number;
  readonly to: number;
  /** The first and the last row in view, plus one. */
  readonly firstRow: number;
  readonly lastRow: number;
  readonly width: number;
  readonly height: number;
  /** Time runs downwards. */
  readonly down: boolean;
  /** The size of what is before the lanes along time (their names), and across (axis and faults). */
  readonly gutter: number;
  readonly head: number;
  readonly scroll: number;
  readonly selected: number;
  readonly other: number;
  readonly hovered: number;
  readonly chain: readonly number[];
  /** The events that the sentence of the mechanism is about. */
  readonly told: ReadonlySet<number>;
  readonly cones: Cones | undefined;
  readonly lit: Uint8Array | undefined;
  readonly depth: number;
  readonly coneShown: "none" | "past" | "future" | "both";
  /** Flags of the rows that are drawn; `undefined` for all. */
  readonly shown: Uint8Array | undefined;
  /** Flags of the rows that are not dimmed; `undefined` for all. */
  readonly bright: Uint8Array | undefined;
  readonly playheadNs: number | undefined;
  readonly summaryOf: (id: number) => string;
  readonly room: Room;
  readonly hits: Hit[];
  readonly lines: HitLine[];
}

/** Behind the end of the window this many pixels are left, so that what lies at the very end is whole. */
export const END_PAD = 18;

/** Where a position of the axis lies along time, in pixels. */
export function along(scene: Scene, position: number): number {
  const { from, to, gutter, width, height, down } = scene;
  const size = (down ? height : width) - gutter - END_PAD;
  return gutter + ((position - from) / (to - from)) * size;
}

/** Where event `id` lies along time. */
export function alongEvent(scene: Scene, id: number): number {
  return along(scene, scene.axis.ofEvent(id));
}

/** Where a place of the lanes' layout lies across time. */
export function across(scene: Scene, place: number): number {
  return scene.head + place - scene.scroll;
}

/** The last pixel along time. */
export function alongEnd({ down, height, width }: Scene): number {
  return down ? height : width;
}

/** Fills a rectangle between two places along and two across. */
export function fillBox(scene: Scene, a0: number, c0: number, a1: number, c1: number): void {
  const { context, down } = scene;
  if (down) context.fillRect(c0, a0, c1 - c0, a1 - a0);
  else context.fillRect(a0, c0, a1 - a0, c1 - c0);
}

/** Where a span of time lies along, as far as it is in view; `undefined` if it is not, or less than `least` pixels. */
export function spanOf(
  scene: Scene,
  fromNs: number,
  toNs: number,
  least = 0,
): readonly [a0: number, a1: number] | undefined {
  const { axis, gutter } = scene;
  const a0 = Math.max(gutter, along(scene, axis.ofTime(fromNs)));
  const a1 = Math.min(alongEnd(scene), along(scene, axis.ofTime(toNs)));
  return a1 - a0 > least ? [a0, a1] : undefined;
}

/** Has a place answer to the pointer. */
export function addHit(
  { hits }: Scene,
  id: number,
  text: Hit["text"],
  [x, y, width, height]: readonly [number, number, number, number],
): void {
  hits.push({ id, text, x, y, width, height });
}

/** Begins a path through some points as the canvas has them. */
export function path(
  context: CanvasRenderingContext2D,
  points: readonly (readonly [x: number, y: number])[],
): void {
  context.beginPath();
  points.forEach(([x, y], index) => (index === 0 ? context.moveTo(x, y) : context.lineTo(x, y)));
}

/** Strokes a line from one place to another. */
export function strokeLine(scene: Scene, a0: number, c0: number, a1: number, c1: number): void {
  path(scene.context, [pointOf(scene, a0, c0), pointOf(scene, a1, c1)]);
  scene.context.stroke();
}

/** A rectangle as the canvas has it. */
export function boxOf(
  scene: Scene,
  a0: number,
  c0: number,
  a1: number,
  c1: number,
): [x: number, y: number, width: number, height: number] {
  return scene.down ? [c0, a0, c1 - c0, a1 - a0] : [a0, c0, a1 - a0, c1 - c0];
}

/** A point as the canvas has it. */
export function pointOf(scene: Scene, a: number, c: number): [x: number, y: number] {
  return scene.down ? [c, a] : [a, c];
}

/** Whether the row of an event is drawn. */
export function isShown({ shown }: Scene, row: number): boolean {
  return shown === undefined || shown[row] === 1;
}

/** Whether an event is in the cone that is lit, or no cone is. */
export function isLit({ lit }: Scene, id: number): boolean {
  return lit === undefined || lit[id - 1] === 1;
}

/** The font of the diagram. */
export const FONT = '12px system-ui, "Segoe UI", sans-serif';
export const FONT_SMALL = '11px system-ui, "Segoe UI", sans-serif';
export const FONT_BOLD = '600 12px system-ui, "Segoe UI", sans-serif';

/** Cuts a text so that it fits `width`; "" if not even a few letters do. */
export function fit(context: CanvasRenderingContext2D, text: string, width: number): string {
  if (width < 18) return "";
  if (context.measureText(text).width <= width) return text;
  let low = 0;
  let high = text.length;
  while (low < high) {
    const middle = (low + high + 1) >> 1;
    if (context.measureText(`${text.slice(0, middle)}…`).width <= width) low = middle;
    else high = middle - 1;
  }
  return low < 3 ? "" : `${text.slice(0, low).trimEnd()}…`;
}

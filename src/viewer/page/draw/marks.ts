/** Marks on the lanes: events that are not messages, the steps of the story, and what is selected. */
import { Kind } from "../../../trace/kinds.ts";
import type { DiskDetail } from "../../../trace/details.ts";
import { describeEvent, hostOf } from "../../model/describe.ts";
import { detailOf } from "../../model/rows.ts";
import { foldersOf } from "../../model/files.ts";
import { showTime } from "../../model/words.ts";
import {
  across,
  addHit,
  alongEnd,
  alongEvent,
  along,
  FONT_BOLD,
  isLit,
  isShown,
  path,
  pointOf,
  type Scene,
  strokeLine,
} from "./scene.ts";
import { AXIS } from "./background.ts";
import type { LaneBox } from "../../layout/lanes.ts";

/** With more rows than this in view, only what went wrong is marked. */
const ROWS_MAX = 60_000;

/** Logs, disk operations, assertions and errors. */
export function drawEvents(scene: Scene): void {
  const { run, firstRow, lastRow, layout, context } = scene;
  const { kind, host } = run.trace;
  if (lastRow - firstRow > ROWS_MAX) return;
  let lastX = -9;
  let lastHost = -1;
  for (let row = firstRow; row < lastRow; row++) {
    const of = kind[row] as number;
    if (
      of !== Kind.log &&
      of !== Kind.disk &&
      of !== Kind.assert &&
      of !== Kind.uncaught &&
      of !== Kind.state &&
      of !== Kind.socket
    ) {
      continue;
    }
    const box = layout.byHost.get(host[row] as number);
    if (!box || !isShown(scene, row)) continue;
    const a = alongEvent(scene, row + 1);
    // One mark a few pixels, except for what went wrong.
    const isWrong = wentWrong(scene, row);
    if (!isWrong && host[row] === lastHost && a - lastX < 4) continue;
    [lastX, lastHost] = [a, host[row] as number];
    const [x, y] = pointOf(scene, a, across(scene, box.line));
    context.globalAlpha = isLit(scene, row + 1) ? 1 : 0.3;
    drawGlyph(scene, row, x, y, isWrong);
    context.globalAlpha = 1;
    const words = (): string =>
      `${showTime(run.trace.timeNs[row] as number)} · ${hostOf(run, row + 1)} ${describeEvent(run, row + 1)}`;
    addHit(scene, row + 1, words, [x - 5, y - 6, 10, 12]);
  }
}

function wentWrong({ run }: Scene, row: number): boolean {
  const kind = run.trace.kind[row];
  if (kind === Kind.uncaught) return true;
  if (kind !== Kind.assert && kind !== Kind.disk) return false;
  const detail = detailOf(run.trace, row) as Record<string, unknown> | undefined;
  if (kind === Kind.assert)
    return detail?.["condition"] === false && detail["assertion"] === "always";
  return detail?.["operation"] === "lost sync" || detail?.["operation"] === "failed sync";
}

function drawGlyph(scene: Scene, row: number, x: number, y: number, isWrong: boolean): void {
  const { context, colors, run } = scene;
  const kind = run.trace.kind[row];
  context.beginPath();
  if (isWrong) {
    context.fillStyle = colors.bad;
    path(context, [
      [x, y - 7],
      [x + 6, y + 5],
      [x - 6, y + 5],
    ]);
    context.fill();
    return;
  }
  if (kind === Kind.disk) {
    const { operation, path: name } = (detailOf(run.trace, row) ?? {}) as DiskDetail;
    const isSync = operation === "sync";
    path(context, [
      [x, y - 4],
      [x + 4, y],
      [x, y + 4],
      [x - 4, y],
    ]);
    context.closePath();
    // A folder's sync keeps names, and no contents.
    context.fillStyle = isSync && !foldersOf(run).has(name) ? colors.good : colors.paper;
    context.fill();
    context.strokeStyle = isSync ? colors.good : colors.soft;
    context.lineWidth = isSync ? 1.5 : 1;
    context.stroke();
    return;
  }
  if (kind === Kind.state) {
    context.arc(x, y, 3.5, 0, 2 * Math.PI);
    context.fillStyle = colors.paper;
    context.fill();
    context.strokeStyle = colors.past;
    context.lineWidth = 1.5;
    context.stroke();
    return;
  }
  if (kind === Kind.socket) {
    context.fillStyle = colors.soft;
    context.fillRect(x - 0.75, y - 4, 1.5, 8);
    return;
  }
  context.fillStyle = kind === Kind.log ? colors.ink : colors.good;
  context.fillRect(x - 2.5, y - 2.5, 5, 5);
}

/** A number of the story, at its place. */
export interface Badge {
  readonly id: number;
  readonly number: number;
  readonly text: string;
  readonly x: number;
  readonly y: number;
  /** Where its event is; the same unless it had to move aside. */
  readonly atX: number;
  readonly atY: number;
  readonly tone: "decisive" | "fault" | "step" | "inFault";
}

const RADIUS = 8.5;

/** Where a number goes if another one has its place. */
const ASIDE = [
  [0, 0],
  [0, -20],
  [0, 20],
  [20, -20],
  [20, 20],
  [-20, -20],
  [-20, 20],
  [20, 0],
  [0, -40],
  [0, 40],
  [40, -20],
  [40, 20],
  [40, 0],
  [60, 0],
  [80, 0],
] as const;

/**
 * Places the numbers of the story's lines at their events, and takes their room before any label does. Fault bars
 * must have been drawn.
 */
export function placeStory(scene: Scene): Badge[] {
  const { answer, axis, gutter, room } = scene;
  const end = alongEnd(scene);
  const badges: Badge[] = [];
  for (const { number, event, line, decisive } of answer?.steps ?? []) {
    const a = along(scene, axis.ofTime(line.atNs));
    if (a < gutter - 2 || a > end + 2) continue;
    const isFault = line.tone === "fault" || line.tone === "lift";
    const text = `${number} · ${line.text.split("\n")[0]}`;
    if (line.tone === "fault" && !scene.down) {
      const [x, y] = faultPlace(scene, line.atNs, a);
      badges.push({ id: event, number, text, x, y, atX: x, atY: y, tone: "inFault" });
      continue;
    }
    const target = laneOf(scene, event, line.who);
    if (!target) continue;
    const [x, y] = pointOf(scene, a, across(scene, target.line));
    if (!scene.down && y < scene.head) continue;
    // Not in the gutter, and beside each other where there are several.
    const least = scene.down ? -Infinity : gutter + 1;
    // Above or below the line first, so that it stays at its time.
    const places = ASIDE.map(([dx, dy]): [number, number] => [
      Math.max(least, x - RADIUS) + dx,
      y - RADIUS + dy,
    ]);
    const at = Math.max(0, room.claimFirst(places, 2 * RADIUS, 2 * RADIUS));
    const [left, top] = places[at] as [number, number];
    const tone = decisive ? "decisive" : isFault ? "fault" : "step";
    const place = { x: left + RADIUS, y: top + RADIUS, atX: x, atY: y };
    badges.push({ id: event, number, text, ...place, tone });
  }
  return badges;
}

function laneOf({ run, layout }: Scene, event: number, who: string): LaneBox | undefined {
  const own = event > 0 && layout.byHost.get(run.trace.host[event - 1] as number);
  if (own) return own;
  const named = layout.boxes.find(({ lane }) => lane.name === who.split("/")[0]);
  if (named) return named;
  const fault = run.faults.find(({ lifted, began }) => lifted === event || began === event);
  return layout.boxes.find(({ lane }) => fault?.targets.includes(lane.name));
}

function faultPlace({ run, hits }: Scene, atNs: number, a: number): [number, number] {
  const fault = run.faults.find(({ fromNs }) => fromNs === atNs);
  const bar = hits.find(({ id }) => id === fault?.began);
  return [a + 11, bar ? bar.y + bar.height / 2 : AXIS + 8];
}

/** Draws the numbers of the story. */
export function drawStory(scene: Scene, badges: readonly Badge[]): void {
  const { context, colors } = scene;
  context.font = FONT_BOLD;
  context.textAlign = "center";
  context.textBaseline = "middle";
  const colorOf = ({ tone }: Badge): string =>
    tone === "decisive" ? colors.bad : tone === "step" ? colors.ink : colors.fault;
  // The lines to those that had to move aside lie below all numbers.
  for (const badge of badges) {
    const { x, y, atX, atY } = badge;
    if (Math.hypot(x - atX, y - atY) <= RADIUS) continue;
    context.strokeStyle = context.fillStyle = colorOf(badge);
    context.lineWidth = 1.5;
    path(context, [
      [x, y],
      [atX, atY],
    ]);
    context.stroke();
    context.beginPath();
    context.arc(atX, atY, 3, 0, 2 * Math.PI);
    context.fill();
  }
  for (const badge of badges) {
    const { id, number, text, x, y, tone } = badge;
    const color = colorOf(badge);
    const isOnBar = tone === "inFault";
    const radius = isOnBar ? 7 : RADIUS;
    context.beginPath();
    context.arc(x, y, radius, 0, 2 * Math.PI);
    context.fillStyle = isOnBar ? colors.paper : color;
    context.fill();
    context.lineWidth = 1.5;
    context.strokeStyle = isOnBar ? color : colors.paper;
    context.stroke();
    context.fillStyle = isOnBar ? color : colors["badge-ink"];
    context.font = number > 9 ? '600 10px system-ui, "Segoe UI", sans-serif' : FONT_BOLD;
    context.fillText(String(number), x, y + 0.5);
    addHit(scene, id, text, [x - radius, y - radius, 2 * radius, 2 * radius]);
  }
  context.textAlign = "left";
}

/** Rings around the selected events, and a line through the first. */
export function drawSelection(scene: Scene, badges: readonly Badge[]): void {
  const { context, colors, run, layout, gutter } = scene;
  const end = alongEnd(scene);
  for (const [id, color] of [
    [scene.other, colors.future],
    [scene.hovered, colors.soft],
    [scene.selected, colors.bad],
  ] as const) {
    if (id === 0) continue;
    const a = alongEvent(scene, id);
    if (a < gutter || a > end) continue;
    const box = layout.byHost.get(run.trace.host[id - 1] as number);
    if (id === scene.selected) {
      context.globalAlpha = 0.5;
      context.strokeStyle = color;
      context.lineWidth = 1;
      context.setLineDash([3, 3]);
      strokeLine(scene, a, scene.head, a, scene.down ? scene.width : scene.height);
      context.setLineDash([]);
      context.globalAlpha = 1;
    }
    if (!box) continue;
    // A number that had to move aside has the ring.
    const badge = badges.find((each) => each.id === id);
    const [x, y] = badge ? [badge.x, badge.y] : pointOf(scene, a, across(scene, box.line));
    context.beginPath();
    context.arc(x, y, 12, 0, 2 * Math.PI);
    context.strokeStyle = color;
    context.lineWidth = id === scene.hovered ? 1.5 : 2.5;
    context.stroke();
  }
}

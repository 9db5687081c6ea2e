/** The lanes: names, worldlines with their deaths and pauses, and clocks. */
import type { LaneBox } from "../../layout/lanes.ts";
import { describeRequest } from "../../model/operations.ts";
import { rowAt } from "../../model/rows.ts";
import { toldState } from "../../model/state.ts";
import { showDuration, showTime, showValue } from "../../model/words.ts";
import {
  across,
  addHit,
  along,
  alongEnd,
  boxOf,
  fillBox,
  fit,
  FONT,
  FONT_BOLD,
  FONT_SMALL,
  path,
  pointOf,
  type Scene,
  spanOf,
  strokeLine,
} from "./scene.ts";

/** The worldlines. Returns what draws the words on them, for when the messages are drawn. */
export function drawWorldlines(scene: Scene): (() => void)[] {
  const { context, colors, layout, run } = scene;
  const words: ((() => void) | undefined)[] = [];
  for (const box of layout.boxes) {
    const { lane } = box;
    const c = across(scene, box.line);
    const draw = (fromNs: number, toNs: number, color: string, width: number): void => {
      const span = spanOf(scene, fromNs, toNs);
      if (!span) return;
      context.strokeStyle = color;
      context.lineWidth = width;
      strokeLine(scene, span[0], c, span[1], c);
    };
    context.setLineDash([2, 4]);
    draw(0, run.endNs, colors.faint, 1);
    context.setLineDash([]);
    for (const { fromNs, toNs } of lane.lives) draw(fromNs, toNs, colors.lane, 2);
    for (const { fromNs, toNs } of lane.paused) {
      const [a0, a1] = spanOf(scene, fromNs, toNs, 2) ?? [0, 0];
      if (a1 === 0) continue;
      context.fillStyle = colors.paper;
      fillBox(scene, a0, c - 4, a1, c + 4);
      context.strokeStyle = colors.fault;
      context.lineWidth = 1.25;
      context.strokeRect(...boxOf(scene, a0, c - 4, a1, c + 4));
      words.push(stateWord(scene, "paused", a0, a1, c, colors.fault));
    }
    for (const { fromNs, toNs } of lane.dark) {
      const span = spanOf(scene, fromNs, toNs, 2);
      if (span) words.push(stateWord(scene, "no power", ...span, c, colors.bad));
    }
    drawDeaths(scene, box);
    drawClock(scene, box);
  }
  return words.flatMap((draw) => draw ?? []);
}

function stateWord(
  scene: Scene,
  text: string,
  a0: number,
  a1: number,
  c: number,
  color: string,
): (() => void) | undefined {
  const { context, down, colors } = scene;
  // No word is narrower; measuring takes longer.
  if (a1 - a0 < 40) return undefined;
  context.font = FONT_SMALL;
  const width = context.measureText(text).width + 10;
  if (a1 - a0 < width + 8) return undefined;
  const [x, y] = pointOf(scene, (a0 + a1) / 2, c);
  const left = x - width / 2;
  if (!down && !scene.room.claim(left, y - 8, width, 16)) return undefined;
  return () => {
    context.fillStyle = colors.paper;
    context.beginPath();
    context.roundRect(left, y - 8, width, 16, 8);
    context.fill();
    context.strokeStyle = color;
    context.lineWidth = 1;
    context.stroke();
    context.font = FONT_SMALL;
    context.fillStyle = color;
    context.textAlign = "center";
    context.textBaseline = "middle";
    context.fillText(text, x, y + 0.5);
    context.textAlign = "left";
  };
}

function drawDeaths(scene: Scene, { lane, line }: LaneBox): void {
  const { context, colors, axis, gutter } = scene;
  const end = alongEnd(scene);
  const c = across(scene, line);
  lane.lives.forEach(({ fromNs, toNs, began, ended }, index) => {
    const birth = along(scene, axis.ofTime(fromNs));
    if (birth >= gutter && birth <= end && index > 0) {
      const [x, y] = pointOf(scene, birth, c);
      context.fillStyle = colors.good;
      path(context, [
        [x, y - 7],
        [x + 9, y],
        [x, y + 7],
      ]);
      context.fill();
      addHit(scene, began, `${lane.name} starts again`, [x - 8, y - 8, 16, 16]);
    }
    const death = along(scene, axis.ofTime(toNs));
    if (ended === 0 || death < gutter || death > end) return;
    const [x, y] = pointOf(scene, death, c);
    context.strokeStyle = colors.bad;
    context.lineWidth = 2.5;
    for (const d of [-6, 6]) strokeLine(scene, death - 6, c - d, death + 6, c + d);
    addHit(scene, ended, `${lane.name} ends`, [x - 8, y - 8, 16, 16]);
  });
}

/** How far the wall clock is off, as a strip under the lane. */
function drawClock(scene: Scene, { lane, top, height }: LaneBox): void {
  const { context, colors, run } = scene;
  lane.clock.forEach(({ atNs, errorNs }, index) => {
    const untilNs = lane.clock[index + 1]?.atNs ?? run.endNs;
    const [a0, a1] = spanOf(scene, atNs, untilNs) ?? [0, 0];
    if (a1 === 0 || errorNs === 0) return;
    const c = across(scene, top + height);
    context.fillStyle = errorNs > 0 ? colors.warn : colors.past;
    fillBox(scene, a0, c - 3, a1, c - 1);
    // No such text is narrower.
    if (a1 - a0 < 60) return;
    context.font = FONT_SMALL;
    const text = `clock ${errorNs > 0 ? "+" : "−"}${showDuration(Math.abs(errorNs))}`;
    const width = context.measureText(text).width;
    if (scene.down || a1 - a0 < width + 8 || !scene.room.claim(a0 + 4, c - 16, width, 12)) return;
    context.textBaseline = "middle";
    context.fillText(text, a0 + 4, c - 9);
  });
}

/** The names of the lanes, in their gutter, with their state at the playhead. */
export function drawNames(scene: Scene): void {
  const { context, colors, layout, gutter, down, head, playheadNs } = scene;
  context.fillStyle = colors.paper;
  if (down) context.fillRect(0, 0, scene.width, gutter);
  else context.fillRect(0, head, gutter, scene.height);
  const selectedHost = scene.selected > 0 ? scene.run.trace.host[scene.selected - 1] : -1;
  for (const { lane, line, height } of layout.boxes) {
    const isSelected = lane.host === selectedHost;
    context.font = isSelected ? FONT_BOLD : FONT;
    context.fillStyle = isSelected ? colors.ink : colors.soft;
    context.textBaseline = "middle";
    if (down) {
      context.textAlign = "center";
      const center = across(scene, line);
      context.fillText(fit(context, lane.name, height - 6), center, gutter / 2);
      context.textAlign = "left";
      continue;
    }
    const y = across(scene, line);
    if (y < head - 4) continue;
    const state = playheadNs === undefined ? undefined : stateAt(scene, lane.host, playheadNs);
    const [shape, color] = stateMark(scene, state);
    context.fillStyle = color;
    context.fillText(shape, 12, y);
    context.fillStyle = isSelected ? colors.ink : colors.soft;
    context.fillText(fit(context, lane.name, gutter - 40), 28, y);
    if (state !== undefined) {
      context.font = FONT_SMALL;
      context.fillStyle = color;
      const told = playheadNs === undefined ? [] : toldAt(scene, lane.host, playheadNs);
      const lines = height > 56 ? [state, told.join(" · ")] : [[state, ...told].join(" · ")];
      if (height <= 40) continue;
      lines.forEach((text, at) => {
        context.fillText(fit(context, text, gutter - 34), 28, y + 14 * (at + 1));
      });
    }
  }
}

/** What the programs of a host had told of their state at a moment: "role leader". */
function toldAt({ run }: Scene, host: number, atNs: number): string[] {
  const id = rowAt(run.trace.timeNs, atNs + 1);
  return toldState(run, host, id).map(({ name, value }) => `${name} ${showValue(value, 20)}`);
}

/** The state of a host at a moment: "paused", "down", "no power", what it waits for, or "up". */
export function stateAt({ run }: Pick<Scene, "run">, host: number, atNs: number): string {
  const lane = run.lanes.find((each) => each.host === host);
  const covers = ({ fromNs, toNs }: { fromNs: number; toNs: number }): boolean =>
    atNs >= fromNs && atNs < toNs;
  if (!lane) return "";
  if (lane.dark.some(covers)) return "no power";
  if (
    lane.lives.length > 0 &&
    !lane.lives.some(({ fromNs, toNs }) => atNs >= fromNs && atNs <= toNs)
  )
    return "down";
  if (lane.paused.some(covers)) return "paused";
  const open = run.operations.find(
    (bar) => bar.host === host && atNs > bar.fromNs && atNs < bar.toNs,
  );
  return open ? `waits: ${describeRequest(open)}` : "up";
}

function stateMark(
  { colors }: Scene,
  state: string | undefined,
): readonly [shape: string, color: string] {
  if (state === "paused") return ["‖", colors.fault];
  if (state === "down" || state === "no power") return ["✕", colors.bad];
  if (state?.startsWith("waits") === true) return ["◔", colors.op];
  return ["●", state === undefined ? colors.lane : colors.good];
}

/** The playhead: what is to the right of it has not happened yet. */
export function drawPlayhead(scene: Scene): void {
  const { context, colors, playheadNs, axis, gutter, head } = scene;
  if (playheadNs === undefined) return;
  const a = along(scene, axis.ofTime(playheadNs));
  const end = alongEnd(scene);
  if (a < gutter || a > end) return;
  const bottom = scene.down ? scene.width : scene.height;
  context.globalAlpha = 0.55;
  context.fillStyle = colors.paper;
  fillBox(scene, a, head, end, bottom);
  context.globalAlpha = 1;
  context.strokeStyle = colors.ink;
  context.lineWidth = 1.5;
  strokeLine(scene, a, 4, a, bottom);
  context.font = FONT_BOLD;
  const text = showTime(playheadNs);
  const width = context.measureText(text).width + 10;
  const [x, y] = pointOf(scene, a, 4);
  const left = scene.down ? x : Math.min(x, scene.width - width);
  context.fillStyle = colors.ink;
  context.fillRect(left, y, width, 17);
  context.fillStyle = colors.paper;
  context.textBaseline = "middle";
  context.fillText(text, left + 5, y + 9);
}

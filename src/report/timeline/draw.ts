/** Draws the rows of a timeline: time, lanes, names, texts, in as many columns as there are. */
import { plainStyle, type Style } from "../style.ts";
import type { Run } from "../../viewer/model/run.ts";
import { cut, showTime } from "../../viewer/model/words.ts";
import type { Row } from "./rows.ts";

/** How a timeline is drawn. */
export interface DrawOptions {
  /** In columns. */
  readonly width: number;
  readonly style?: Style;
  /** Only characters of ASCII. */
  readonly ascii?: boolean;
}

interface Signs {
  readonly lane: string;
  readonly busy: string;
  readonly paused: string;
  readonly down: string;
  readonly band: string;
  readonly line: string;
  readonly right: string;
  readonly left: string;
  readonly source: string;
  readonly begin: string;
  readonly end: string;
  readonly event: string;
  readonly up: string;
  readonly died: string;
  readonly struck: string;
  readonly lost: string;
  readonly gap: string;
}

const unicode: Signs = {
  ...{ lane: "│", busy: "┃", paused: "░", down: " ", band: "▒", line: "─", right: "▶", left: "◀" },
  ...{
    source: "●",
    begin: "○",
    end: "●",
    event: "•",
    up: "▲",
    died: "✗",
    struck: "▼",
    lost: "✗",
    gap: "⋮",
  },
};
const ascii: Signs = {
  ...{ lane: "|", busy: "#", paused: ":", down: " ", band: "%", line: "-", right: ">", left: "<" },
  ...{
    source: "*",
    begin: "o",
    end: "*",
    event: ".",
    up: "^",
    died: "X",
    struck: "v",
    lost: "x",
    gap: ":",
  },
};

type Paint = "dim" | "bold" | "red" | "green" | "yellow" | "cyan" | "none";
interface Cell {
  readonly sign: string;
  readonly paint: Paint;
}

const TIME_WIDTH = 9;
const WHO_MAX = 26;
const TEXT_MIN = 24;

/** The lines of a timeline, header included. */
export function drawRows(run: Run, rows: readonly Row[], options: DrawOptions): string[] {
  const { width, style = plainStyle } = options;
  const signs = options.ascii ? ascii : unicode;
  const hosts = lanesOf(run, rows);
  const step = hosts.length > 16 ? 2 : 3;
  const room = width - TIME_WIDTH - 2 - hosts.length * step - 1;
  const whoWidth = Math.min(
    WHO_MAX,
    Math.max(0, ...rows.map(({ who }) => who.length)),
    Math.max(0, room - TEXT_MIN),
  );
  const textWidth = Math.max(12, room - whoWidth - 2);
  const place = new Map(hosts.map((host, index) => [host, index]));
  const lines = header(run, hosts, step, signs, style, width);
  const state = new LaneState(run, hosts);
  for (const row of rows) {
    const cells = state.cells(row, step, signs);
    if (row.tone !== "gap") drawRow(cells, row, place, step, signs);
    const isGap = row.tone === "gap";
    const isAscii = options.ascii === true;
    const time = isGap ? "" : showTime(row.atNs);
    const who = isGap
      ? ""
      : plain(cut(plain(row.who, isAscii), whoWidth), isAscii).padEnd(whoWidth);
    // Spelled in ASCII, an arrow takes one column more.
    const room = (isGap ? whoWidth + textWidth : textWidth) - (isAscii && row.isAnswer ? 1 : 0);
    const spelled = { ...row, text: plain(row.text, isAscii) };
    const texts = textsOf(spelled, room).map((text) => plain(text, isAscii));
    texts.forEach((text, index) => {
      const lanes = index === 0 ? cells : state.cells(row, step, signs);
      const parts = [
        style.dim((index === 0 ? time : "").padStart(TIME_WIDTH)),
        "  ",
        paintCells(lanes, style),
        paintOf(row, style)(index === 0 ? who : " ".repeat(who.length)),
        isGap ? "" : "  ",
        paintText(row, style)(text),
      ];
      lines.push(parts.join("").trimEnd());
    });
  }
  return lines;
}

/** The hosts that a row is about, in the order of the lanes. */
function lanesOf({ lanes }: Run, rows: readonly Row[]): number[] {
  const shown = new Set(rows.flatMap(({ host, to, targets }) => [host, ...to, ...targets]));
  return lanes.map(({ host }) => host).filter((host) => shown.has(host));
}

/** A line for each host, whose lane begins there. */
function header(
  { trace }: Run,
  hosts: readonly number[],
  step: number,
  signs: Signs,
  style: Style,
  width: number,
): string[] {
  return hosts.map((host, index) => {
    const before = hosts.slice(0, index).map(() => signs.lane.padEnd(step));
    const indent = " ".repeat(TIME_WIDTH + 2);
    const name = cut(trace.hosts[host] ?? "", Math.max(4, width - TIME_WIDTH - 2 - index * step));
    return `${indent}${style.dim(before.join(""))}${style.cyan(name)}`;
  });
}

/** What the lanes look like from row to row: alive or not, paused, busy with an operation, under a fault. */
class LaneState {
  readonly #run: Run;
  readonly #hosts: readonly number[];

  constructor(run: Run, hosts: readonly number[]) {
    this.#run = run;
    this.#hosts = hosts;
  }

  cells({ atNs, tone }: Row, step: number, signs: Signs): Cell[] {
    const cells: Cell[] = [];
    for (const host of this.#hosts) {
      const name = this.#run.trace.hosts[host] as string;
      const lane = this.#run.lanes.find((lane) => lane.host === host);
      const within = ({ fromNs, toNs }: { fromNs: number; toNs: number }): boolean => {
        return fromNs <= atNs && atNs < toNs;
      };
      const isDown = lane?.lives.some((span) => span.fromNs <= atNs && atNs <= span.toNs) === false;
      const isPaused = lane?.paused.some(within) === true;
      const fault = this.#run.faults.some((span) => within(span) && named(span.targets, name));
      const isBusy = this.#run.operations.some((bar) => bar.host === host && within(bar));
      const sign = isDown ? signs.down : isPaused ? signs.paused : isBusy ? signs.busy : signs.lane;
      cells.push({
        sign: tone === "gap" && !isDown ? signs.gap : sign,
        paint: isPaused ? "yellow" : "dim",
      });
      cells.push({ sign: fault ? signs.band : " ", paint: "yellow" });
      for (let i = 2; i < step; i++) cells.push({ sign: " ", paint: "none" });
    }
    return cells;
  }
}

function named(targets: readonly string[], name: string): boolean {
  return targets.some((target) => target.split(/\s*(?:->|<->|→|\|)\s*/).includes(name));
}

function drawRow(
  cells: Cell[],
  row: Row,
  place: ReadonlyMap<number, number>,
  step: number,
  signs: Signs,
): void {
  const at = (host: number): number => (place.get(host) ?? 0) * step;
  const isLost = row.tone === "lost";
  if (row.to.length > 0) {
    const sources = row.targets.length > 0 ? row.targets : [row.host];
    const ends = [...sources, ...row.to].map(at);
    const [low, high] = [Math.min(...ends), Math.max(...ends)];
    const paint: Paint = isLost ? "red" : "cyan";
    for (let i = low; i <= high; i++) {
      const isLane = i % step === 0;
      if (!isLane || cells[i]?.paint === "dim") cells[i] = { sign: signs.line, paint };
    }
    for (const source of sources) cells[at(source)] = { sign: signs.source, paint };
    for (const to of row.to) {
      const isRight = sources.every((source) => at(source) < at(to));
      const isLeft = sources.every((source) => at(source) > at(to));
      const head = isRight ? signs.right : isLeft ? signs.left : signs.end;
      cells[at(to)] = { sign: isLost ? signs.lost : head, paint };
    }
    return;
  }
  if (row.mark === "none") {
    for (const target of row.targets) {
      const sign = row.tone === "fault" ? signs.struck : signs.up;
      cells[at(target)] = { sign, paint: "yellow" };
    }
    return;
  }
  if (!place.has(row.host)) return;
  const mark = {
    begin: signs.begin,
    end: signs.end,
    up: signs.up,
    down: signs.died,
    event: signs.event,
  }[row.mark];
  const paint: Paint =
    row.isAnswer || row.tone === "error" ? "red" : row.tone === "operation" ? "green" : "yellow";
  cells[at(row.host)] = { sign: mark, paint };
}

function paintCells(cells: readonly Cell[], style: Style): string {
  let out = "";
  for (let i = 0; i < cells.length;) {
    const { paint } = cells[i] as Cell;
    let run = "";
    for (; i < cells.length && cells[i]?.paint === paint; i++) run += cells[i]?.sign;
    out += paint === "none" ? run : style[paint](run);
  }
  return out;
}

/** What tells the story is wrapped up to this many lines; everything else is cut to one. */
const LINES_MAX = 3;

/** The text of a row in lines; what marks the answer is kept. */
function textsOf({ text, isAnswer, rank, to, tone }: Row, width: number): string[] {
  const mark = !isAnswer ? "" : width < 30 ? " ←" : "  ← here it shows";
  const isStory = rank === 0 && to.length === 0 && tone !== "gap";
  if (!isStory) return [`${cut(text, Math.max(8, width - mark.length))}${mark}`];
  const lines = text.split("\n").flatMap((line) => wrapped(line, width));
  const shown = lines.slice(0, LINES_MAX);
  const last = lines.slice(LINES_MAX - 1).join(" ");
  if (lines.length >= LINES_MAX) shown[LINES_MAX - 1] = last;
  const end = shown.pop() ?? "";
  return [...shown, `${cut(end, Math.max(8, width - mark.length))}${mark}`];
}

function wrapped(text: string, width: number): string[] {
  const lines: string[] = [];
  let rest = text;
  while (rest.length > width) {
    const space = rest.lastIndexOf(" ", width);
    const at = space > width / 2 ? space : width;
    lines.push(rest.slice(0, at));
    rest = rest.slice(at).trimStart();
  }
  return [...lines, rest];
}

function plain(text: string, isAscii: boolean): string {
  if (!isAscii) return text;
  const spelled = text.replaceAll("→", "->").replaceAll("←", "<-").replaceAll("…", "~");
  return spelled
    .replaceAll("×", "x")
    .replaceAll("·", "/")
    .replaceAll("µ", "u")
    .replace(/[^\x20-\x7e]/g, "?");
}

function paintOf({ tone }: Row, style: Style): (text: string) => string {
  if (tone === "fault" || tone === "lift") return style.yellow;
  return tone === "error" || tone === "lost"
    ? style.red
    : tone === "operation"
      ? style.cyan
      : style.dim;
}

function paintText({ tone, isAnswer }: Row, style: Style): (text: string) => string {
  if (isAnswer) return (text) => style.bold(style.red(text));
  if (tone === "fault") return (text) => style.bold(style.yellow(text));
  if (tone === "lift") return style.yellow;
  if (tone === "error" || tone === "lost") return style.red;
  return tone === "gap" || tone === "message" ? style.dim : (text) => text;
}

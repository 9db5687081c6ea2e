/** Messages as arrows by fate, or as density where there are too many. */
import { Fate, messagesWithin } from "../../model/messages.ts";
import { binEvents } from "../../model/density.ts";
import { Kind } from "../../../trace/kinds.ts";
import type { PacketDetail } from "../../../trace/packet.ts";
import { detailOf } from "../../model/rows.ts";
import {
  across,
  along,
  alongEnd,
  alongEvent,
  fillBox,
  FONT_SMALL,
  fit,
  isLit,
  isShown,
  pointOf,
  type Scene,
} from "./scene.ts";

/** With more arrows than this in view, density is drawn. */
export const ARROWS_MAX = 4_000;
/** With at most this many, arrows are labelled. */
const LABELS_MAX = 90;

/** At most this many messages of the chain of causes are drawn: the last ones in view. */
const CHAIN_MAX = 300;
/** How many messages of the chain of causes are drawn strongly, and how many of them have labels. */
const CHAIN_STRONG = 6;
const CHAIN_LABELLED = 4;
/** A label is not repeated within this many pixels along time. */
const REPEATED_WITHIN = 260;

interface Arrow {
  readonly index: number;
  readonly x1: number;
  readonly y1: number;
  readonly x2: number;
  readonly y2: number;
  readonly lit: boolean;
}

/** Draws the messages in view. Returns how many there are, up to one more than {@link ARROWS_MAX}. */
export function drawMessages(scene: Scene): number {
  const { run, firstRow, lastRow, layout } = scene;
  const { messages } = run;
  const indices: number[] = [];
  messagesWithin(messages, firstRow + 1, lastRow, (index) => {
    const from = layout.byHost.has(messages.from[index] as number);
    const to = layout.byHost.has(messages.to[index] as number);
    const sent = (messages.send[index] as number) - 1;
    const ended = (messages.end[index] as number) - 1;
    if (!from || !to) return true;
    if (!isShown(scene, sent) && (ended < 0 || !isShown(scene, ended))) return true;
    indices.push(index);
    return indices.length <= ARROWS_MAX;
  });
  const onChain = chainMessages(scene);
  if (indices.length > ARROWS_MAX) {
    drawDensity(scene);
    drawArrows(scene, [...onChain], onChain, true);
    return indices.length;
  }
  drawArrows(scene, indices, onChain, indices.length > 250);
  return indices.length;
}

function chainMessages({ run, chain, firstRow, lastRow }: Scene): Set<number> {
  const found = new Set<number>();
  for (let at = chain.length - 1; at >= 0 && found.size < CHAIN_MAX; at--) {
    const id = chain[at] as number;
    if (id <= firstRow) break;
    if ((chain[at - 1] ?? id) > lastRow) continue;
    const kind = run.trace.kind[id - 1];
    const before = chain[at - 1] ?? 0;
    const index = run.messages.ofRow[id - 1] as number;
    if (index === 0) continue;
    // A message is on the chain if both of its ends are, or if it is the selected one.
    const isArrival = kind === Kind.receive && run.messages.send[index - 1] === before;
    if (isArrival || at === chain.length - 1) found.add(index - 1);
  }
  return found;
}

function arrowOf(scene: Scene, index: number): Arrow {
  const { run, layout } = scene;
  const { send, end, from, to, fate } = run.messages;
  const sent = send[index] as number;
  const ended = end[index] as number;
  const c1 = across(scene, layout.byHost.get(from[index] as number)?.line ?? 0);
  const target = layout.byHost.get(to[index] as number);
  const c2 = across(scene, target?.line ?? 0);
  const a1 = alongEvent(scene, sent);
  let a2 = ended === 0 ? a1 + 26 : alongEvent(scene, ended);
  let c = c2;
  // What was lost goes half of the way, at a slant where that leads to no moment at which it would not have been lost.
  if (fate[index] === Fate.dropped || ended === 0) {
    const least = Math.min(a1 + 14, faultEnd(scene, sent) ?? Infinity);
    a2 = Math.max(Math.min(a2, a1 + 40), least);
    c = c1 + (c2 - c1) * 0.55;
  }
  const [x1, y1] = pointOf(scene, a1, c1);
  const [x2, y2] = pointOf(scene, a2, c);
  const lit = isLit(scene, sent) && (ended === 0 || isLit(scene, ended));
  return { index, x1, y1, x2, y2, lit };
}

/** Where the first fault ends that was there when event `id` happened, if one was. */
function faultEnd(scene: Scene, id: number): number | undefined {
  const { run, axis } = scene;
  const atNs = run.trace.timeNs[id - 1] as number;
  const ends = run.faults.flatMap(({ fromNs, toNs }) => {
    return fromNs <= atNs && toNs >= atNs ? [along(scene, axis.ofTime(toNs))] : [];
  });
  return ends.length === 0 ? undefined : Math.min(...ends);
}

interface Pen {
  readonly color: string;
  readonly width: number;
  readonly alpha: number;
  readonly dash: readonly number[];
}

function drawArrows(
  scene: Scene,
  indices: readonly number[],
  onChain: ReadonlySet<number>,
  dense: boolean,
): void {
  const { context, run, bright } = scene;
  const { fate, send, end } = run.messages;
  const arrows = indices.map((index) => arrowOf(scene, index));
  const isTold = ({ index }: Arrow): boolean =>
    scene.told.has(send[index] as number) || scene.told.has(end[index] as number);
  const pens = pensOf(scene, Math.min(0.75, 8 / Math.sqrt(Math.max(1, arrows.length))));
  // One path for each pen: a stroke for every arrow would be many times slower.
  const groups = new Map<Pen, Arrow[]>();
  for (const arrow of arrows) {
    if (onChain.has(arrow.index)) continue;
    const sent = (send[arrow.index] as number) - 1;
    const found =
      bright === undefined || bright[sent] === 1 || bright[(end[arrow.index] as number) - 1] === 1;
    const pen = pens(fate[arrow.index] as number, (arrow.lit || isTold(arrow)) && found);
    const group = groups.get(pen);
    if (group) group.push(arrow);
    else groups.set(pen, [arrow]);
  }
  for (const [pen, group] of groups) strokeAll(context, pen, group, !dense);
  drawLosses(scene, arrows);
  const chained = arrows
    .filter(({ index }) => onChain.has(index))
    .sort((a, b) => a.index - b.index);
  // The last steps to the selected event are strong, those before them less so.
  const last = chained.slice(-CHAIN_STRONG);
  const color = scene.colors.past;
  strokeAll(
    context,
    { color, width: 1.5, alpha: 0.85, dash: [] },
    chained.slice(0, -CHAIN_STRONG),
    true,
  );
  strokeAll(context, { color, width: 2.5, alpha: 1, dash: [] }, last, true);
  for (const { index, x1, y1, x2, y2 } of arrows) {
    scene.lines.push({ id: (end[index] as number) || (send[index] as number), x1, y1, x2, y2 });
  }
  // No message is written twice.
  const done = new Set<number>();
  const write = (some: readonly Arrow[], strong: boolean, within?: number): void => {
    label(scene, some, { strong, within, done });
  };
  // What the mechanism is about comes first, and each time.
  write(arrows.filter(isTold), true, 0);
  write(last.toReversed().slice(0, CHAIN_LABELLED), true);
  if (dense) return;
  // What was lost says why, wherever it is; of the others only those that may have led to the event.
  const lost = arrows.filter(({ index }) => fate[index] === Fate.dropped);
  if (lost.length <= LABELS_MAX) write(lost, false);
  if (arrows.length > LABELS_MAX) return;
  write(
    arrows.filter(({ lit }) => lit),
    false,
  );
}

/** `base`: how opaque a message is; the less, the more there are. */
function pensOf(scene: Scene, base: number): (fate: number, lit: boolean) => Pen {
  const { colors } = scene;
  const off = base * 0.2;
  const hasCone = scene.lit !== undefined;
  const table = new Map<string, Pen>();
  return (fate, lit) => {
    const key = `${fate}${lit}`;
    const known = table.get(key);
    if (known) return known;
    const lost = fate === Fate.dropped;
    const color = lost
      ? colors.bad
      : fate === Fate.delayed || fate === Fate.duplicated || fate === Fate.corrupted
        ? colors.warn
        : lit && hasCone
          ? colors.past
          : colors.soft;
    const pen: Pen = {
      color,
      width: lost || fate !== Fate.delivered ? 1.5 : 1,
      alpha: lit ? (lost ? 0.95 : base) : fate === Fate.delivered ? off : Math.max(off, 0.6),
      dash: fate === Fate.delayed ? [6, 4] : fate === Fate.transit ? [2, 3] : [],
    };
    table.set(key, pen);
    return pen;
  };
}

function strokeAll(
  context: CanvasRenderingContext2D,
  { color, width, alpha, dash }: Pen,
  arrows: readonly Arrow[],
  tips: boolean,
): void {
  if (arrows.length === 0) return;
  context.globalAlpha = alpha;
  context.strokeStyle = color;
  context.fillStyle = color;
  context.lineWidth = width;
  context.setLineDash([...dash]);
  context.beginPath();
  for (const { x1, y1, x2, y2 } of arrows) {
    context.moveTo(x1, y1);
    context.lineTo(x2, y2);
  }
  context.stroke();
  context.setLineDash([]);
  if (tips) {
    const size = 5 + width;
    context.beginPath();
    for (const { x1, y1, x2, y2 } of arrows) {
      const length = Math.hypot(x2 - x1, y2 - y1) || 1;
      const [dx, dy] = [(x2 - x1) / length, (y2 - y1) / length];
      context.moveTo(x2, y2);
      context.lineTo(x2 - dx * size - dy * size * 0.45, y2 - dy * size + dx * size * 0.45);
      context.lineTo(x2 - dx * size + dy * size * 0.45, y2 - dy * size - dx * size * 0.45);
      context.closePath();
    }
    context.fill();
  }
  context.globalAlpha = 1;
}

/** A cross where a message was lost. */
function drawLosses(scene: Scene, arrows: readonly Arrow[]): void {
  const { context, colors, run } = scene;
  context.strokeStyle = colors.bad;
  context.lineWidth = 2;
  context.beginPath();
  for (const { index, x2, y2 } of arrows) {
    if (run.messages.fate[index] !== Fate.dropped) continue;
    context.moveTo(x2 - 4, y2 - 4);
    context.lineTo(x2 + 4, y2 + 4);
    context.moveTo(x2 + 4, y2 - 4);
    context.lineTo(x2 - 4, y2 + 4);
  }
  context.stroke();
}

function label(
  scene: Scene,
  arrows: readonly Arrow[],
  how: {
    readonly strong: boolean;
    /** A text is not repeated within this many pixels. */
    readonly within?: number | undefined;
    /** The messages that have their texts. */
    readonly done: Set<number>;
  },
): void {
  const { strong, within = REPEATED_WITHIN, done } = how;
  const { context, colors, run, down } = scene;
  context.font = FONT_SMALL;
  context.textBaseline = "middle";
  // Where a text was last written on the same pair of lanes, along time.
  const written = new Map<string, number>();
  for (const { index, x1, y1, x2, y2 } of arrows) {
    if (done.has(index)) continue;
    const sent = run.messages.send[index] as number;
    const packet = detailOf(run.trace, sent - 1) as PacketDetail | undefined;
    if (!strong && (packet === undefined || packet.bytes === 0)) continue;
    const text = fit(context, scene.summaryOf(sent), 150);
    if (text === "") continue;
    const said = `${run.messages.from[index]} ${run.messages.to[index]} ${text}`;
    const at = down ? y1 : x1;
    // What is said again and again is written now and then.
    if (Math.abs(at - (written.get(said) ?? -Infinity)) < within) continue;
    const width = context.measureText(text).width + 8;
    const end = down ? Infinity : alongEnd(scene) - width - 2;
    if (x1 > end + width && x2 > end + width) continue;
    const places = [0.5, 0.35, 0.65, 0.2, 0.8].map((share): [number, number] => {
      const x = Math.min(end, x1 + (x2 - x1) * share + (down ? 0 : 6));
      const y = y1 + (y2 - y1) * share;
      return [x, y - 8];
    });
    const place = places[scene.room.claimFirst(places, width, 16)];
    if (!place) continue;
    written.set(said, at);
    done.add(index);
    const [x, y] = place;
    context.globalAlpha = 0.88;
    context.fillStyle = colors.paper;
    context.fillRect(x, y, width, 16);
    context.globalAlpha = 1;
    context.fillStyle = strong ? colors.past : colors.soft;
    context.fillText(text, x + 4, y + 8.5);
  }
}

/** How many shades a strip has. */
const SHADES = 6;

/** A strip on each lane that is darker where there are more events; those in the cone are in its colour. */
function drawDensity(scene: Scene): void {
  const { colors, lit, shown } = scene;
  const most = drawStrips(scene, shown, colors.dense, lit ? 0.35 : 1);
  if (!lit) return;
  const both = shown ? lit.map((flag, row) => flag & (shown[row] as number)) : lit;
  drawStrips(scene, both, colors.past, 0.9, most);
}

/** Draws the strips of the rows in `flags`. Returns the greatest number in a column. */
function drawStrips(
  scene: Scene,
  flags: Uint8Array | undefined,
  color: string,
  opacity: number,
  most?: number,
): number {
  const { context, run, axis, from, to, layout, gutter } = scene;
  const columns = Math.max(1, Math.floor((alongEnd(scene) - gutter) / 2));
  const density = binEvents(run, axis, from, to, columns, flags);
  const max = most ?? density.max;
  if (max === 0) return 0;
  const scale = SHADES / Math.log1p(max);
  const width = (along(scene, to) - along(scene, from)) / columns;
  const start = along(scene, from);
  context.fillStyle = color;
  for (const box of layout.boxes) {
    const c = across(scene, box.line);
    // Columns of one shade beside each other are one rectangle.
    let first = 0;
    let shade = 0;
    for (let column = 0; column <= columns; column++) {
      const count = column < columns ? (density.counts[box.index * columns + column] as number) : 0;
      const next = count === 0 ? 0 : Math.max(1, Math.round(Math.log1p(count) * scale));
      if (next === shade && column < columns) continue;
      if (shade > 0) {
        const share = shade / SHADES;
        context.globalAlpha = (0.3 + 0.7 * share) * opacity;
        const half = 2 + 8 * share;
        fillBox(scene, start + first * width, c - half, start + column * width, c + half);
      }
      [first, shade] = [column, next];
    }
  }
  context.globalAlpha = 1;
  return max;
}

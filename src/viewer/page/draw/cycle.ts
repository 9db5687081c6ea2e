/** The cycle of a violation: an arrow from each operation to the one that must come after it, with the kind of edge. */
import { rowOf } from "../../layout/lanes.ts";
import type { OperationBar } from "../../model/operations.ts";
import { across, addHit, along, FONT_BOLD, path, pointOf, type Scene } from "./scene.ts";

/** Draws the edges over the bars of their operations. */
export function drawCycle(scene: Scene): void {
  const { context, colors, answer } = scene;
  context.font = FONT_BOLD;
  context.textAlign = "center";
  context.textBaseline = "middle";
  (answer?.edges ?? []).forEach(({ a, b, kind, text }, index) => {
    const [from, to] = [a && placeOf(scene, a), b && placeOf(scene, b)];
    if (!from || !to) return;
    // Each is beside the one before, so that edges in both directions are two lines; those of one row bend below it.
    const isLevel = Math.abs(from.c - to.c) < 2;
    const aside = (24 * (index + 1)) % 72;
    const [a0, a1] = [from.a + (isLevel ? 0 : aside), to.a + (isLevel ? 0 : aside)];
    const bend = isLevel ? 34 + 14 * index : 0;
    const down = to.c >= from.c ? 1 : -1;
    const start = pointOf(scene, a0, from.c + 8 * (isLevel ? 1 : down));
    const end = pointOf(scene, a1, to.c - 8 * (isLevel ? -1 : down));
    const middle = pointOf(scene, (a0 + a1) / 2 + (isLevel ? 0 : 18), (from.c + to.c) / 2 + bend);
    context.strokeStyle = context.fillStyle = colors.fault;
    context.lineWidth = 1.75;
    context.beginPath();
    context.moveTo(...start);
    context.quadraticCurveTo(...middle, ...end);
    context.stroke();
    const angle = Math.atan2(end[1] - middle[1], end[0] - middle[0]);
    const side = (turn: number): [number, number] => [
      end[0] - 9 * Math.cos(angle + turn),
      end[1] - 9 * Math.sin(angle + turn),
    ];
    path(context, [end, side(0.4), side(-0.4)]);
    context.fill();
    // The kind is nearer to where the edge begins, so that those of two edges do not meet.
    const [x, y] = [0, 1].map((of) => {
      return (
        0.42 * (start[of] as number) + 0.46 * (middle[of] as number) + 0.12 * (end[of] as number)
      );
    }) as [number, number];
    const width = context.measureText(kind).width + 10;
    context.fillStyle = colors.paper;
    context.fillRect(x - width / 2, y - 8, width, 16);
    context.fillStyle = colors.fault;
    context.fillText(kind, x, y);
    addHit(scene, b?.complete || b?.invoke || 0, text, [x - width / 2, y - 8, width, 16]);
  });
  context.textAlign = "left";
}

/** The middle of the bar of an operation. */
function placeOf(scene: Scene, bar: OperationBar): { a: number; c: number } | undefined {
  const { axis, layout, run } = scene;
  const box = layout.byHost.get(bar.host);
  if (!box) return undefined;
  const middle = axis.ofTime((bar.fromNs + Math.min(bar.toNs, run.endNs)) / 2);
  const [from, to] = [bar.invoke, bar.complete || run.trace.length].map((id) => axis.ofEvent(id));
  // Events of one moment have their ranks.
  const at = axis.mode === "rank" ? ((from as number) + (to as number)) / 2 : middle;
  return {
    a: along(scene, at),
    c: across(scene, box.rowTop + (rowOf(box, bar.lane) + 0.5) * box.rowHeight),
  };
}

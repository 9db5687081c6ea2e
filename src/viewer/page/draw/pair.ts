/** Two runs, one above the other, over one axis: the first difference is flagged in both, further ones are marked. */
import { rowAt } from "../../model/rows.ts";
import type { Axis } from "../../model/axis.ts";
import { layoutLanes } from "../../layout/lanes.ts";
import { Room } from "../../layout/room.ts";
import { type Compared, isSame } from "../../model/compared.ts";
import { headSize } from "./background.ts";
import { drawDiagram } from "./diagram.ts";
import {
  across,
  along,
  alongEnd,
  alongEvent,
  fit,
  FONT_BOLD,
  FONT_SMALL,
  path,
  type Scene,
  strokeLine,
} from "./scene.ts";

/** At most this many events of the other run have their messages written out. */
const WRITTEN_MAX = 12;

/** Draws `scene`, and below it the run that it is compared with, `below` pixels high. Returns what was drawn in view. */
export function drawPair(scene: Scene, compared: Compared, below: number): number {
  const { context } = scene;
  // What only changed its place is listed, and not marked.
  const differences = compared.result.differences.filter(({ change }) => change !== "moved");
  const arrows = drawDiagram(scene);
  drawDifferences(
    scene,
    compared,
    "this run",
    differences.map(({ left }) => left),
  );
  const other = otherScene(scene, compared, below);
  context.save();
  context.translate(0, scene.height);
  context.beginPath();
  context.rect(0, 0, scene.width, below);
  context.clip();
  const more = drawDiagram(other);
  const isHeld = compared.run.trace.meta?.verdict === "held";
  drawDifferences(
    other,
    compared,
    isHeld ? "a run that held" : "the other run",
    differences.map(({ right }) => right),
  );
  context.strokeStyle = scene.colors.soft;
  context.lineWidth = 1;
  context.strokeRect(-2, 0.5, scene.width + 4, below + 2);
  context.restore();
  // What lies below can be read, and not be selected: it is no event of this run.
  for (const hit of other.hits) scene.hits.push({ ...hit, id: 0, y: hit.y + scene.height });
  return arrows + more;
}

function otherScene(scene: Scene, { run, result, dissector }: Compared, height: number): Scene {
  const { axis: own, from, to } = scene;
  const { timeNs } = run.trace;
  const axis: Axis = {
    ...own,
    ofEvent: (id) => own.ofTime(timeNs[id - 1] as number),
    rowAt: (position) => rowAt(timeNs, own.timeAt(position)),
  };
  const head = headSize({ run, down: false });
  const only = result.differences.filter(({ change }) => change === "right only");
  return {
    ...scene,
    run,
    axis,
    layout: layoutLanes(run.lanes, run.operations, height - head - 4, () => true, true),
    answer: undefined,
    firstRow: axis.rowAt(from),
    lastRow: axis.rowAt(to + 1e-3),
    height,
    head,
    selected: 0,
    other: 0,
    hovered: 0,
    chain: [],
    told: new Set(only.slice(0, WRITTEN_MAX).map(({ right }) => right)),
    cones: undefined,
    lit: undefined,
    coneShown: "none",
    shown: undefined,
    bright: undefined,
    summaryOf: (id) => dissector?.packet(id)?.summary ?? "",
    room: new Room(),
    hits: [],
    lines: [],
  };
}

/** A flag where the runs part, and a mark at each event that only one of them has. */
function drawDifferences(
  scene: Scene,
  compared: Compared,
  name: string,
  ids: readonly number[],
): void {
  const { context, colors, run, layout, gutter, head, height, width } = scene;
  const { divergedNs } = compared;
  context.textBaseline = "middle";
  context.textAlign = "left";
  context.font = FONT_BOLD;
  context.fillStyle = colors.ink;
  context.fillText(fit(context, name, gutter - 14), 12, 12);
  if (isSame(compared)) return;
  const end = alongEnd(scene);
  context.fillStyle = colors.warn;
  for (const id of ids) {
    const box = id > 0 ? layout.byHost.get(run.trace.host[id - 1] as number) : undefined;
    if (!box) continue;
    const x = alongEvent(scene, id);
    const y = across(scene, box.line);
    if (x < gutter || x > end || y < head) continue;
    path(context, [
      [x, y - 4],
      [x + 4.5, y - 12],
      [x - 4.5, y - 12],
    ]);
    context.fill();
  }
  const a = along(scene, scene.axis.ofTime(divergedNs));
  if (a < gutter || a > end) return;
  context.strokeStyle = colors.warn;
  context.lineWidth = 2;
  strokeLine(scene, a, head, a, height);
  context.font = FONT_SMALL;
  const text = "first difference";
  const size = context.measureText(text).width + 10;
  const left = Math.min(a, width - size);
  context.fillRect(left, head, size, 16);
  context.fillStyle = colors.paper;
  context.fillText(text, left + 5, head + 8.5);
}

/** Draws one frame of the diagram. */
import { drawCycle } from "./cycle.ts";
import { drawAxis, drawCones, drawFaultBands, drawFaultBars } from "./background.ts";
import { drawNames, drawPlayhead, drawWorldlines } from "./lanes.ts";
import { drawEvents, drawSelection, drawStory, placeStory } from "./marks.ts";
import { drawBarTexts, drawOperations } from "./operations.ts";
import { drawMessages } from "./messages.ts";
import { alongEnd, boxOf, type Scene } from "./scene.ts";

/** Draws a frame. Returns the number of messages in view. */
export function drawDiagram(scene: Scene): number {
  const { context, colors, width, height, down, gutter, head } = scene;
  context.clearRect(0, 0, width, height);
  context.fillStyle = colors.paper;
  context.fillRect(0, 0, width, height);
  const end = alongEnd(scene);
  const bottom = down ? width : height;
  clipped(scene, boxOf(scene, gutter, 0, end, bottom), () => drawAxis(scene));
  if (down) drawAxis(scene);
  clipped(scene, boxOf(scene, gutter, 0, end, bottom), () => drawFaultBars(scene));
  const badges = placeStory(scene);
  let arrows = 0;
  clipped(scene, boxOf(scene, gutter, head, end, bottom), () => {
    drawFaultBands(scene);
    drawCones(scene);
    const words = drawWorldlines(scene);
    const texts = drawOperations(scene);
    arrows = drawMessages(scene);
    drawBarTexts(scene, texts);
    drawCycle(scene);
    for (const draw of words) draw();
    drawEvents(scene);
    drawSelection(scene, badges);
  });
  clipped(scene, boxOf(scene, gutter - 10, 0, end, bottom), () => drawStory(scene, badges));
  clipped(scene, boxOf(scene, gutter, 0, end, bottom), () => drawPlayhead(scene));
  drawNames(scene);
  context.strokeStyle = colors.line;
  context.lineWidth = 1;
  context.strokeRect(...boxOf(scene, -2, -2, end + 2, down ? head : head - 0.5));
  return arrows;
}

function clipped(
  { context }: Scene,
  [x, y, width, height]: [number, number, number, number],
  draw: () => void,
): void {
  context.save();
  context.beginPath();
  context.rect(x, y, width, height);
  context.clip();
  draw();
  context.restore();
}

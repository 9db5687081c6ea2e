/** The whole run in a strip: how much happened when, the faults, the violation, and the window. */
import { effect } from "@preact/signals-core";
import type { VNode } from "preact";
import { useEffect, useRef } from "preact/hooks";
import { binEvents } from "../model/density.ts";
import { readColors } from "./colors.ts";
import { showWindow, type State } from "./state.ts";

const GUTTER = 128;

/** The strip. */
export function Minimap({ state }: { state: State }): VNode {
  const canvas = useRef<HTMLCanvasElement>(null);
  useEffect(() => bind(canvas.current as HTMLCanvasElement, state), [state]);
  return <canvas ref={canvas} class="minimap" aria-hidden="true" />;
}

function bind(canvas: HTMLCanvasElement, state: State): () => void {
  const context = canvas.getContext("2d") as CanvasRenderingContext2D;
  let counted: { key: string; counts: Float64Array; max: number } | undefined;
  const draw = (): void => {
    const { clientWidth: width, clientHeight: height } = canvas;
    if (width === 0) return;
    const ratio = devicePixelRatio;
    canvas.width = Math.round(width * ratio);
    canvas.height = Math.round(height * ratio);
    context.setTransform(ratio, 0, 0, ratio, 0, 0);
    context.clearRect(0, 0, width, height);
    const colors = readColors(document.documentElement);
    const { run } = state;
    const axis = state.axis.value;
    const columns = Math.max(1, Math.floor(width - GUTTER));
    const key = `${columns} ${axis.mode}`;
    if (counted?.key !== key) {
      const { counts, lanes } = binEvents(run, axis, 0, axis.end, columns);
      const sums = new Float64Array(columns);
      for (let lane = 0; lane < lanes; lane++) {
        for (let column = 0; column < columns; column++) {
          sums[column] = (sums[column] as number) + (counts[lane * columns + column] as number);
        }
      }
      counted = { key, counts: sums, max: sums.reduce((a, b) => Math.max(a, b), 1) };
    }
    const x = (position: number): number => GUTTER + (position / axis.end) * (width - GUTTER);
    const answer = state.answerShown.value;
    for (const fault of run.faults) {
      const isTold = answer?.faults.includes(fault) ?? false;
      context.fillStyle = isTold ? colors.fault : colors["fault-soft"];
      const left = x(axis.ofTime(fault.fromNs));
      context.fillRect(left, 2, Math.max(2, x(axis.ofTime(fault.toNs)) - left), 5);
    }
    context.fillStyle = colors.dense;
    const room = height - 12;
    for (let column = 0; column < columns; column++) {
      const count = counted.counts[column] as number;
      if (count === 0) continue;
      const size = Math.max(1, (Math.sqrt(count) / Math.sqrt(counted.max)) * room);
      context.fillRect(GUTTER + column, height - size, 1, size);
    }
    const left = x(state.from.value);
    const size = Math.max(3, x(state.to.value) - left);
    context.fillStyle = colors.past;
    context.globalAlpha = 0.14;
    context.fillRect(left, 0, size, height);
    context.globalAlpha = 1;
    context.strokeStyle = colors.past;
    context.lineWidth = 1.5;
    context.strokeRect(left + 0.5, 0.75, size - 1, height - 1.5);
    if (answer && answer.event > 0) {
      const at = x(axis.ofEvent(answer.event));
      context.fillStyle = colors.bad;
      context.beginPath();
      context.moveTo(at, height);
      context.lineTo(at - 5, height - 9);
      context.lineTo(at + 5, height - 9);
      context.closePath();
      context.fill();
    }
    context.fillStyle = colors.soft;
    context.font = '11px system-ui, "Segoe UI", sans-serif';
    context.textBaseline = "middle";
    context.fillText("whole run", 12, height / 2);
  };
  const stop = effect(() => {
    void [state.from.value, state.to.value, state.axis.value, state.answerShown.value];
    draw();
  });
  const sizes = new ResizeObserver(draw);
  sizes.observe(canvas);
  const theme = matchMedia("(prefers-color-scheme: dark)");
  theme.addEventListener("change", draw);
  let holding = false;
  const move = (event: PointerEvent): void => {
    const { end } = state.axis.value;
    const at = ((event.offsetX - GUTTER) / (canvas.clientWidth - GUTTER)) * end;
    const half = (state.to.value - state.from.value) / 2;
    showWindow(state, at - half, at + half);
  };
  canvas.addEventListener("pointerdown", (event) => {
    holding = true;
    canvas.setPointerCapture(event.pointerId);
    move(event);
  });
  canvas.addEventListener("pointermove", (event) => holding && move(event));
  canvas.addEventListener("pointerup", () => (holding = false));
  return () => {
    stop();
    sizes.disconnect();
    theme.removeEventListener("change", draw);
  };
}

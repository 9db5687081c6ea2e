/**
 * The page of a run: its size, how long until it can be used, how long a frame takes while one pans, and the cone.
 *
 * The events are those of real runs of the redlock world, one run after the other until there are enough, with the
 * times and numbers moved on. The browser draws without a graphics card (`--disable-gpu`), as in a virtual machine.
 * Needs Chromium (`CHROMIUM` names another than /usr/bin/chromium).
 */
import { existsSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { gzipSync } from "node:zlib";
import { pageOf, RunnerPool } from "../dist/explore/index.js";
import { viewerAssets } from "../dist/explore/viewer-assets.js";
import { encodeTrace, separatePayloads } from "../dist/trace/index.js";
import { futureDepths, pastDepths } from "../dist/viewer/model/cone.js";
import { median } from "./median.mjs";

const WORLD = fileURLToPath(new URL("worlds/redlock-10s.world.ts", import.meta.url));
const CHROMIUM = process.env.CHROMIUM ?? "/usr/bin/chromium";
const SIZES = [1_000, 100_000, 1_000_000];

export default async function viewer(report) {
  const { script, protocols, style } = viewerAssets();
  limit(report, "code of the viewer, compressed", gzipSync(script + style).length, "B", 60_000);
  report({
    name: "code of the dissectors, compressed",
    value: gzipSync(protocols).length,
    unit: "B",
  });
  const runs = await realRuns();
  const folder = mkdtempSync(join(tmpdir(), "lightcone-bench-"));
  const browser = existsSync(CHROMIUM) ? await launch() : undefined;
  if (!browser) console.error(`bench: there is no ${CHROMIUM}: only files and cones are measured`);
  try {
    for (const size of SIZES) {
      const trace = joined(runs, size);
      const name = `${size.toLocaleString("en")} events`;
      const { head } = separatePayloads(encodeTrace(trace));
      limit(report, `${name}, without payloads`, gzipSync(head).length / size, "B/event", 8);
      const startMs = performance.now();
      const html = pageOf(trace, { facts: {}, restore: "", maxBytes: 25_000_000 });
      report({ name: `${name}, writing the page`, value: performance.now() - startMs, unit: "ms" });
      report({ name: `${name}, the page`, value: html.length / 1e6, unit: "MB" });
      for (const [which, sweep] of [
        ["past", () => pastDepths(trace, size)],
        ["future", () => futureDepths(trace, 1)],
      ]) {
        const cone = await median(() => {
          const fromMs = performance.now();
          sweep();
          return performance.now() - fromMs;
        });
        limit(report, `${name}, the longest ${which} cone`, cone, "ms", 20);
      }
      if (browser) await inBrowser(report, browser, join(folder, `${size}.html`), html, name);
    }
  } finally {
    await browser?.close();
    rmSync(folder, { recursive: true, force: true });
  }
}

async function launch() {
  const { chromium } = await import("playwright-core");
  return chromium.launch({ executablePath: CHROMIUM, args: ["--no-sandbox", "--disable-gpu"] });
}

async function inBrowser(report, browser, path, html, name) {
  writeFileSync(path, html);
  const address = pathToFileURL(path).href;
  const open = async () => {
    const page = await browser.newPage({ viewport: { width: 1920, height: 900 } });
    await page.goto(address);
    await until(page, "window.lightcone?.readyMs > 0");
    return page;
  };
  const ready = await median(
    async () => {
      const page = await open();
      const value = await page.evaluate("window.lightcone.readyMs");
      await page.close();
      return value;
    },
    { runs: 3, warmup: 1 },
  );
  limit(report, `${name}, until it can be used`, ready, "ms", 1_000);
  const page = await open();
  await until(page, "window.lightcone.state.payloadsReady.value");
  const whole = await pan(page, 0);
  limit(report, `${name}, a frame of the whole run`, whole.ms, "ms", 16);
  const part = await pan(page, 4_000);
  limit(report, `${name}, a frame with ${part.arrows} messages`, part.ms, "ms", 16);
  await page.close();
}

/** The page's policy forbids what Playwright's own waiting does. */
async function until(page, condition) {
  while (!(await page.evaluate(condition))) await new Promise((done) => setTimeout(done, 20));
}

/** Pans by a pixel a frame; with `arrows`, in a window with about that many. Returns the median frame. */
function pan(page, arrows) {
  return page.evaluate(async (wanted) => {
    const { state, frames } = window.lightcone;
    const frame = () =>
      new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)));
    const { end } = state.axis.value;
    state.cone.value = "past";
    state.selected.value = state.run.trace.length >> 1;
    let width = end;
    const show = async (from) => {
      state.from.value = from;
      state.to.value = from + width;
      await frame();
    };
    await show(0);
    if (wanted > 0) {
      let [low, high] = [0, end];
      for (let step = 0; step < 24; step++) {
        width = (low + high) / 2;
        await show(end * 0.4 * (1 - width / end));
        if (frames.arrows > wanted) high = width;
        else low = width;
      }
      width = low;
    }
    const times = [];
    const first = end * 0.4 * (1 - width / end);
    for (let step = 0; step < 40; step++) {
      await show(first + (step * width) / 1_800);
      times.push(frames.drawMs);
    }
    times.sort((a, b) => a - b);
    return { ms: times[20], arrows: frames.arrows };
  }, arrows);
}

function limit(report, name, value, unit, most) {
  report({ name, value, unit, target: most, ratio: value / most, met: value <= most });
}

/** A few runs of a real world. */
async function realRuns() {
  const entry = new URL("../dist/cli/runner-process.js", import.meta.url);
  const pool = await RunnerPool.start({ world: WORLD, entry, jobs: 1 });
  const runs = [];
  for (let seed = 1; seed <= 4; seed++) runs.push((await pool.run({ seed, trace: true })).trace);
  pool.stop();
  return runs;
}

/** The events of several runs one after the other, `size` in all. */
function joined(runs, size) {
  const trace = {
    length: size,
    timeNs: new Float64Array(size),
    host: new Uint16Array(size),
    kind: new Uint8Array(size),
    cause: new Uint32Array(size),
    detail: new Uint32Array(size),
    details: [],
    hosts: runs[0].hosts,
  };
  let row = 0;
  let beganNs = 0;
  for (let at = 0; row < size; at++) {
    const run = runs[at % runs.length];
    const first = row;
    for (let each = 0; each < run.length && row < size; each++, row++) {
      trace.timeNs[row] = beganNs + run.timeNs[each];
      trace.host[row] = run.host[each];
      trace.kind[row] = run.kind[each];
      trace.cause[row] = run.cause[each] === 0 ? 0 : run.cause[each] + first;
      const index = run.detail[each];
      if (index === 0) continue;
      const detail = run.details.at ? run.details.at(index - 1) : run.details[index - 1];
      trace.detail[row] = trace.details.push(
        detail?.repeats > 0 ? { ...detail, repeats: detail.repeats + first } : detail,
      );
    }
    beganNs = trace.timeNs[row - 1] + 1e6;
  }
  return trace;
}

/**
 * The page of a run in a real browser: it opens at the answer, and everything works by keyboard. One browser serves the
 * whole file. Without Chromium the tests say that they are skipped; `.ci/run` installs it.
 */
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { gunzipSync, gzipSync } from "node:zlib";
import { type Browser, chromium, type Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { pageOf } from "../../src/explore/page-file.ts";
import type { CycleEdge } from "../../src/check/verdict.ts";
import { pageOfHistories } from "../../src/explore/history-page.ts";
import { bundleViewer, viewerAssets } from "../../src/explore/viewer-assets.ts";
import type { Operation } from "../../src/history/operation.ts";
import { encodeTrace, type Trace } from "../../src/trace/index.ts";
import type { PageFacts } from "../../src/viewer/index.ts";
import { type Line, packet, pause, story, traceOf } from "./support.ts";

const executablePath = [
  process.env["CHROMIUM"] ?? "",
  "/usr/bin/chromium",
  "/usr/bin/chromium-browser",
  "/usr/bin/google-chrome",
].find((path) => path !== "" && existsSync(path));

describe("the program of the page", () => {
  it("is at most 60 kB, compressed", () => {
    const { script, style } = viewerAssets();
    expect(gzipSync(script + style).length).toBeLessThanOrEqual(60_000);
  });

  it("is bundled the same way each time", () => {
    const again = bundleViewer(join(import.meta.dirname, "../../src/viewer/page"));
    expect(again.scriptDigests).toEqual(viewerAssets().scriptDigests);
  });
});

describe("a page that would be too large", () => {
  // Bytes that do not get smaller when they are packed.
  let state = 1;
  const payload = Uint8Array.from({ length: 600_000 }, () => {
    state = (Math.imul(state, 1_103_515_245) + 12_345) >>> 0;
    return state >>> 24;
  });
  const large = traceOf(
    [
      [0, "a", "start"],
      ...[1, 2, 3, 4].map((atS): Line => [
        atS * 1_000,
        "a",
        "send",
        1,
        {
          ...(packet("a", "b") as object),
          bytes: payload.length,
          payload,
        },
      ]),
    ],
    {},
  );
  const factsOf = (html: string): PageFacts => {
    const [, json = ""] = /id="lightcone-facts">([^<]*)</.exec(html) ?? [];
    return JSON.parse(json) as PageFacts;
  };
  const write = (maxBytes: number): string =>
    pageOf(large, { facts: {}, restore: "npx lightcone view x.trace", maxBytes });

  it("leaves the oldest payloads out, and says so", () => {
    const whole = write(Infinity);
    expect(factsOf(whole)).toEqual({});
    const cut = write(whole.length - 100_000);
    expect(cut.length).toBeLessThan(whole.length - 100_000);
    expect(factsOf(cut).left).toMatch(/^Payloads before [23]\.000s are left out of this page\.$/);
    expect(factsOf(cut).restore).toBe("npx lightcone view x.trace");
    const chunks = (html: string): number => html.split("<template data-payloads=").length - 1;
    expect([chunks(whole), chunks(cut)]).toEqual([3, 2]);
  });

  it("says that there are too many events", () => {
    expect(factsOf(write(1_000)).left).toContain("too many for one page");
  });
});

describe.skipIf(executablePath === undefined)("a page in a browser", () => {
  const folder = mkdtempSync(join(tmpdir(), "lightcone-page-"));
  let browser: Browser;

  beforeAll(async () => {
    browser = await chromium.launch({
      executablePath: executablePath as string,
      args: ["--no-sandbox", "--disable-gpu"],
    });
  });

  afterAll(async () => {
    await browser?.close();
    rmSync(folder, { recursive: true, force: true });
  });

  function write(name: string, trace: Trace = story(), change = (html: string) => html): string {
    const path = join(folder, name);
    const facts = { replay: "npx lightcone replay .lightcone/x.json" };
    writeFileSync(path, change(pageOf(trace, { facts, restore: "npx lightcone view x.trace" })));
    return pathToFileURL(path).href;
  }

  /** Opens a page; it fails if the page asks for anything else, or says an error. */
  async function open(address: string, dark = false): Promise<Page> {
    const page = await browser.newPage({
      viewport: { width: 1280, height: 800 },
      colorScheme: dark ? "dark" : "light",
    });
    page.on("pageerror", (error) => {
      throw error;
    });
    page.on("request", (request) => {
      if (request.url().split("#")[0] !== address.split("#")[0]) throw new Error(request.url());
    });
    await page.goto(address);
    // The page's policy forbids what Playwright's own waiting does.
    await expect
      .poll(() =>
        page.evaluate(
          "window.lightcone?.state.payloadsReady.value || document.querySelector('.early [role=alert]') !== null",
        ),
      )
      .toBe(true);
    return page;
  }

  const active = (page: Page): Promise<string | null> =>
    page.evaluate(`
      document.getElementById(document.getElementById("events").getAttribute("aria-activedescendant"))?.textContent ?? null
    `);

  it("opens at the answer: the verdict, the fault, the story, the event in its cone", async () => {
    const page = await open(write("answer.html"));
    expect(await page.title()).toBe("✗ the write is lost at 0.090s · seed 0x7");
    expect(await page.textContent("h1")).toContain("the write is lost at 0.090s");
    expect(await page.textContent(".fault-line")).toContain("a-2 pauses for 20ms at 0.030s");
    expect(await page.locator(".story li").count()).toBe(4);
    expect(await page.locator(".inspector .in-story.decisive").textContent()).toContain("done");
    await expect
      .poll(() => active(page))
      .toBe("a-1 done at 0.0900s, moment 4 of the story, here the violation came to light");
    expect(await page.getAttribute(".cone button.past", "aria-pressed")).toBe("true");
    // What the diagram drew can be seen: it is not one colour.
    const colors = await page.evaluate(`(() => {
      const canvas = document.querySelector(".diagram canvas");
      const { data } = canvas.getContext("2d").getImageData(0, 0, canvas.width, canvas.height);
      const seen = new Set();
      for (let at = 0; at < data.length; at += 4) seen.add(data[at] << 16 | data[at + 1] << 8 | data[at + 2]);
      return seen.size;
    })()`);
    expect(colors).toBeGreaterThan(20);
    await page.close();
  });

  it("works by keyboard alone", async () => {
    const page = await open(write("keys.html"));
    const press = async (...keys: string[]): Promise<void> => {
      for (const key of keys) await page.keyboard.press(key);
    };
    await expect
      .poll(() => page.textContent("#event-9"))
      .toBe("a-1 write x 7 -> ok at 0.0200s, in the past cone, moment 1 of the story");
    await expect.poll(() => page.textContent("#event-10")).toContain("concurrent");
    await press("[");
    await expect
      .poll(() => active(page))
      .toBe("a-1 write x 7 -> ok at 0.0200s, moment 1 of the story");
    await press("[");
    await expect.poll(() => active(page)).toContain("OK from server");
    await press("Enter");
    await expect.poll(() => active(page)).toMatch(/^server sends a-1 .*OK/);
    await press("c");
    await expect.poll(() => page.getAttribute(".cone button.both", "aria-pressed")).toBe("true");
    await press("ArrowDown");
    await press("ArrowUp", "ArrowUp", "ArrowRight");
    await press("?");
    await expect.poll(() => page.locator("dialog").textContent()).toContain("Light cone");
    await press("Escape");
    await expect.poll(() => page.locator("dialog").count()).toBe(0);
    await press("Control+k");
    await page.keyboard.type("whole run");
    await press("Enter");
    await expect.poll(() => page.evaluate("window.lightcone.state.from.value")).toBe(0);
    await press("2");
    await expect.poll(() => page.getAttribute("#tab-history", "aria-selected")).toBe("true");
    await expect.poll(() => page.locator(".bar.marked").textContent()).toBe("write x 7 → ok");
    await press("Home");
    await expect.poll(() => active(page)).toMatch(/^a-1 done at 0.0900s, moment 4/);
    await page.close();
  });

  it("says to a reader of screens where one is, what is there, and what a key did", async () => {
    const page = await open(write("spoken.html"));
    const said = (): Promise<string | null> => page.textContent("[role=status]");
    await page.keyboard.press("e");
    expect(await page.evaluate("document.activeElement.id")).toBe("events");
    // Which keys there are is told with the list's name.
    const hint = await page.getAttribute("#events", "aria-describedby");
    expect(await page.textContent(`#${hint}`)).toContain("question mark lists all keys");
    const option = (id: number, name: string): Promise<string | null> =>
      page.getAttribute(`#event-${id}`, name);
    // The list holds only those around the selected one; their numbers are those of the whole run.
    expect(await option(9, "aria-posinset")).toBe("9");
    expect(await option(9, "aria-setsize")).toBe("16");
    await page.keyboard.press("ArrowLeft");
    await expect.poll(() => option(15, "aria-selected")).toBe("true");
    // An event that is held is what the next ones are related to.
    await page.keyboard.press("m");
    expect(await said()).toBe("event 15 is held");
    await page.keyboard.press("Home");
    await page.keyboard.press("[");
    await page.keyboard.press("m");
    await page.keyboard.press("[");
    await expect.poll(() => active(page)).toContain("could have influenced event 9");
    await page.keyboard.press("a");
    await expect.poll(said).toMatch(/^in view: \d\.\d+s to \d\.\d+s$/);
    await page.keyboard.press("t");
    await expect.poll(said).toMatch(/^axis: (folded|rank|time)$/);
    await page.keyboard.press("i");
    expect(await page.evaluate("document.activeElement.className")).toBe("inspector");
    // What colours say is said in words, too.
    expect(await page.textContent("h1")).toMatch(/violated: /);
    expect(await page.textContent(".story .decisive")).toContain(
      "here the violation came to light",
    );
    await page.close();
  });

  it("relates two events: what is concurrent, and the chain between", async () => {
    const page = await open(write("cone.html"));
    const select = (id: number): Promise<void> =>
      page.evaluate(`window.lightcone.state.selected.value = ${id}`);
    await select(9);
    await page.keyboard.press("m");
    await select(10);
    await expect.poll(() => page.textContent(".relation")).toContain("is concurrent");
    await select(6);
    await expect.poll(() => page.textContent(".relation")).toContain("could have been influenced");
    expect(await page.locator(".relation + .chain li").count()).toBe(4);
    // Only what is in the cone is left.
    await page.keyboard.press("Escape");
    await select(8);
    await page.keyboard.press("o");
    await page.keyboard.press("4");
    await expect.poll(() => page.textContent(".list p")).toBe("7 events");
    await page.close();
  });

  it("filters, completes, and points at mistakes", async () => {
    const page = await open(write("filter.html"));
    await page.keyboard.press("/");
    await page.keyboard.type("kind=send host:a-");
    await page.keyboard.press("ArrowDown");
    await page.keyboard.press("ArrowDown");
    expect(await page.locator("#suggestions [aria-selected=true]").textContent()).toContain("a-1");
    await page.keyboard.press("Enter");
    expect(await page.inputValue("#filter")).toBe("kind=send host:a-1");
    expect(await page.textContent("#filter-said")).toBe("1 of 16");
    await page.fill("#filter", "kind=send colour=red");
    expect(await page.textContent("#filter-said")).toContain('there is no field "colour"');
    expect(await page.textContent("#filter-said u")).toBe("colour");
    await page.fill("#filter", "");
    expect(await page.textContent("#filter-said")).toBe("");
    await page.close();
  });

  it("shows the exact view again from a link", async () => {
    const address = write("link.html");
    const page = await open(address);
    await page.fill("#filter", "kind=send");
    await page.evaluate("window.lightcone.state.selected.value = 5");
    await page.locator(".cone button.both").click();
    await page.locator("#tab-files").click();
    await page.evaluate("document.activeElement.blur()");
    await page.keyboard.press("w");
    // The address follows when the view has come to rest.
    await page.waitForTimeout(400);
    const hash = await page.evaluate<string>("location.hash");
    const view =
      "JSON.stringify(['selected', 'filterText', 'cone', 'panel', 'axisMode'].map((name) => window.lightcone.state[name].value))";
    const span = "[window.lightcone.state.from.value, window.lightcone.state.to.value]";
    const [from, to] = await page.evaluate<[number, number]>(span);
    const before = await page.evaluate(view);
    await page.close();
    const other = await open(address + hash);
    expect(await other.evaluate(view)).toBe(before);
    // Links have whole nanoseconds.
    const again = await other.evaluate<[number, number]>(span);
    expect(Math.abs(again[0] - from) + Math.abs(again[1] - to)).toBeLessThan(2);
    await other.close();
  });

  it("compares with another run", async () => {
    const page = await open(write("compare.html"));
    const lines: Line[] = [
      [0, "a-1", "start"],
      [0, "a-2", "start"],
      [0, "server", "start"],
      [10, "a-1", "invoke", 1, { lane: "a-1", f: "write", key: "x", input: 8 }],
    ];
    const path = join(folder, "other.trace");
    writeFileSync(path, gzipSync(encodeTrace(traceOf(lines))));
    await page.keyboard.press("8");
    await page.setInputFiles("#compare-file", path);
    await expect
      .poll(() => page.textContent(".compare [role=status]"))
      .toContain("Identical for 3 events");
    expect(await page.textContent(".compare")).toContain("asks write x 8");
    await page.close();
  });

  it("brings a run that held, and draws both with what differs", async () => {
    const [wait, held]: [Line, Line] = [
      [20, "a-1", "complete", 8, { lane: "a-1", outcome: "ok" }],
      [70, "a-2", "log", 2, { stream: "stdout", text: "held\n" }],
    ];
    const lines: Line[] = [
      [0, "a-1", "start"],
      [0, "a-2", "start"],
      [0, "server", "start"],
      [10, "a-1", "invoke", 1, { lane: "a-1", f: "write", key: "x", input: 7 }],
      [10, "a-1", "send", 4, packet("a-1", "server", "SET x 7")],
      [15, "server", "receive", 5],
      [16, "server", "send", 6, packet("server", "a-1", "OK")],
      [20, "a-1", "receive", 7],
      wait,
      held,
    ];
    const path = join(folder, "neighbour.html");
    const neighbour = { trace: traceOf(lines, {}), text: "the same seed without: a pause" };
    writeFileSync(path, pageOf(story(), { facts: {}, restore: "", neighbour }));
    const page = await open(pathToFileURL(path).href);
    // Marks of differences and the flag are in this colour, and nothing else of this run is.
    const marks = (): Promise<number> =>
      page.evaluate(`(() => {
        const probe = document.body.appendChild(document.createElement("i"));
        probe.style.color = "var(--warn)";
        const [r, g, b] = getComputedStyle(probe).color.match(/\\d+/g).map(Number);
        probe.remove();
        const canvas = document.querySelector(".diagram canvas");
        const half = canvas.height / 2;
        const { data } = canvas.getContext("2d").getImageData(0, half, canvas.width, half);
        let count = 0;
        for (let at = 0; at < data.length; at += 4) {
          if (data[at] === r && data[at + 1] === g && data[at + 2] === b) count++;
        }
        return count;
      })()`);
    const before = await marks();
    await page.keyboard.press("9");
    await expect
      .poll(() => page.textContent(".compare [role=status]"))
      .toContain("Identical for 9 events of hosts");
    expect(await page.textContent(".compare")).toContain("the same seed without: a pause");
    expect(await page.textContent(".compare")).toContain("held");
    await expect.poll(marks).toBeGreaterThan(before + 100);
    await page.getByRole("button", { name: "Stop comparing" }).click();
    await expect.poll(marks).toBe(before);
    await page.close();
  });

  it("has nothing that axe-core objects to, in light and in dark, in any panel", async () => {
    const axe = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");
    for (const dark of [false, true]) {
      const page = await open(write("axe.html"), dark);
      await page.evaluate(axe);
      // Colours are all that differs in the dark.
      const only = dark ? "{ runOnly: ['color-contrast'] }" : "{}";
      for (const key of dark ? ["1", "2", "3"] : ["1", "2", "3", "4", "5", "6", "7", "8", "?"]) {
        await page.keyboard.press(key);
        const found = await page.evaluate<{ id: string; nodes: { html: string }[] }[]>(
          `axe.run(${only}).then(({ violations }) => violations.map(({ id, nodes }) => ({ id, nodes: nodes.map(({ html }) => ({ html })) })))`,
        );
        expect(found, `panel ${key}`).toEqual([]);
      }
      await page.close();
    }
  });

  it("shows histories alone: a cycle with its edges, and the others to choose from", async () => {
    const txn = (index: number, process: number, steps: unknown[], rank: number): Operation => ({
      ...{ index, process, f: "txn", input: steps, output: steps, outcome: "ok" },
      ...{ invokeNs: rank, completeNs: rank + 2, invokeRank: rank, completeRank: rank + 2 },
    });
    const history = {
      operations: [
        txn(
          0,
          0,
          [
            ["append", "x", 1],
            ["r", "y", []],
          ],
          0,
        ),
        txn(
          1,
          1,
          [
            ["append", "y", 2],
            ["r", "x", []],
          ],
          1,
        ),
      ],
    };
    const edge = (from: number, to: number): CycleEdge => ({
      ...{ from, to, kind: "rw", text: `T${from} read before T${to} appended` },
    });
    const evidence = {
      summary: "T0 < T1 < T0",
      anomaly: "G2-item",
      steps: [{ text: "yet T1 read too early", operation: 1 }],
      operations: [0, 1],
      cycle: [edge(0, 1), edge(1, 0)],
    };
    const judged = { model: "list-append", level: "serializable", history, elapsedMs: 1 };
    const path = join(folder, "histories.html");
    const html = pageOfHistories([
      { ...judged, name: "good.edn", verdict: { result: "holds" } },
      { ...judged, name: "bad.edn", verdict: { result: "violated", evidence: [evidence] } },
    ]);
    writeFileSync(path, html);
    const page = await open(pathToFileURL(path).href);
    expect(await page.textContent("h1")).toBe("✗violated: G2-item: T0 < T1 < T0");
    expect(await page.textContent(".cycle")).toContain("T0 read before T1 appended");
    expect(await page.textContent(".about")).not.toContain("seed");
    // The edges are drawn: the colour of their words is in the diagram.
    const edges = (): Promise<number> =>
      page.evaluate<number>(`(() => {
        const canvas = document.querySelector(".diagram canvas");
        const { data } = canvas.getContext("2d").getImageData(0, 0, canvas.width, canvas.height);
        let count = 0;
        for (let at = 0; at < data.length; at += 4) {
          if (data[at] === 0x7b && data[at + 1] === 0x3f && data[at + 2] === 0x8c) count++;
        }
        return count;
      })()`);
    expect(await edges()).toBeGreaterThan(100);
    await page.getByLabel("History").selectOption({ label: "✓ good.edn" });
    await expect.poll(() => page.textContent("h1").catch(() => "")).toBe("✓held: every check held");
    await expect.poll(edges).toBe(0);
    expect(page.url()).toContain("#of=1");
    await page.close();
  });

  it("can be read in forced colours: what is filled has a text of another colour", async () => {
    const page = await open(write("forced.html"));
    await page.emulateMedia({ forcedColors: "active" });
    const filled = ["button.main", ".cone button.past", ".story .number"];
    const shown = await page.evaluate<{ adjust: string; color: string; back: string }[]>(`
      ${JSON.stringify(filled)}.map((name) => {
        const style = getComputedStyle(document.querySelector(name));
        return { adjust: style.forcedColorAdjust, color: style.color, back: style.backgroundColor };
      })`);
    for (const { adjust, color, back } of shown) {
      expect(adjust).toBe("none");
      expect(color).not.toBe(back);
    }
    // The diagram has the system's colours: of the palette of the page, none is left.
    await page.waitForTimeout(200);
    const old = await page.evaluate(`(() => {
      const canvas = document.querySelector(".diagram canvas");
      const { data } = canvas.getContext("2d").getImageData(0, 0, canvas.width, canvas.height);
      let count = 0;
      for (let at = 0; at < data.length; at += 4) {
        if (data[at] === 0x7b && data[at + 1] === 0x3f && data[at + 2] === 0x8c) count++;
      }
      return count;
    })()`);
    expect(old).toBe(0);
    await page.close();
  });

  it("shows a run that held from its beginning to its end", async () => {
    const lines: Line[] = [
      [0, "a", "start"],
      [5, "a", "fault", 0, pause],
      [900, "a", "log", 1, { stream: "stdout", text: "done" }],
    ];
    const page = await open(write("held.html", traceOf(lines, {})));
    expect(await page.textContent("h1")).toBe("✓held: every check held");
    expect(
      await page.evaluate("[window.lightcone.state.from.value, window.lightcone.state.to.value]"),
    ).toEqual([0, 900e6]);
    await page.close();
  });

  it("says in words why it cannot show a file", async () => {
    const says = async (name: string, change: (html: string) => string): Promise<string | null> => {
      const page = await open(write(name, story(), change));
      const text = await page.textContent("[role=alert]");
      await page.close();
      return text;
    };
    const packed = /(<template id="lightcone-trace">)([^<]*)/;
    const withTrace = (html: string, edit: (bytes: Buffer) => Buffer): string =>
      html.replace(packed, (_, tag: string, text: string) => {
        return tag + edit(Buffer.from(text, "base64")).toString("base64");
      });
    expect(await says("cut.html", (html) => html.slice(0, -400))).toContain("cut short");
    expect(
      await says("torn.html", (html) => withTrace(html, (bytes) => bytes.subarray(0, 200))),
    ).toContain("damaged");
    expect(
      await says("newer.html", (html) =>
        withTrace(html, (bytes) => {
          const text = gunzipSync(bytes)
            .toString("latin1")
            .replace('"lightconeTrace":3', '"lightconeTrace":9');
          return gzipSync(Buffer.from(text, "latin1"));
        }),
      ),
    ).toBe("the trace has format 9, this Lightcone reads formats 1 to 3");
    expect(await says("empty.html", (html) => html.replace(packed, "$1"))).toContain("no trace");
  });
});

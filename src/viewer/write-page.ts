/**
 * Writes the page of a run: one file without references to others. The order matters: what a reader sees first, then
 * the program, then the trace, with the payloads last. Compression is the caller's, since this folder is pure.
 */
import { encodeTrace, separatePayloads } from "../trace/codec.ts";
import type { Trace } from "../trace/trace.ts";
import { Kind } from "../trace/kinds.ts";
import type { PageFacts } from "./page-facts.ts";
import { showCount, showTime } from "./model/words.ts";

/** The program of the page, bundled, with the digests that its policy names. */
export interface PageAssets {
  readonly script: string;
  /** The dissectors, a script of their own. */
  readonly protocols: string;
  readonly style: string;
  /** "sha256-..." of the scripts and of the style. */
  readonly scriptDigests: readonly string[];
  readonly styleDigest: string;
}

/** How a page is written. */
export interface PageOptions {
  readonly assets: PageAssets;
  readonly facts: PageFacts;
  /** The greatest size of the page in bytes. What does not fit is left out: the oldest payloads first. */
  readonly maxBytes: number;
  /** The command that shows everything, told where something is left out. */
  readonly restore: string;
  /** A run to compare with; left out if it does not fit. */
  readonly neighbour?: PageNeighbour;
  /** The trace as `encodeTrace` writes it, if it is at hand. */
  readonly encoded?: Uint8Array;
  /** Further traces without payloads to choose from, the most important first; those that do not fit are left out, and told. */
  readonly others?: readonly { readonly trace: Trace; readonly facts: PageFacts }[];
  gzip(bytes: Uint8Array): Uint8Array;
  base64(bytes: Uint8Array): string;
}

/** A run that a page brings to compare its own with. */
export interface PageNeighbour {
  readonly trace: Trace;
  /** How it differs: "the same seed without: worker-1 pauses for 1s". */
  readonly text: string;
}

/** The size of a chunk of payloads, unpacked. */
const CHUNK_BYTES = 1 << 20;

/** The page of a trace. */
export function writePage(trace: Trace, options: PageOptions): string {
  const { assets, facts, maxBytes, restore, gzip, base64 } = options;
  const { head, payloads } = separatePayloads(options.encoded ?? encodeTrace(trace));
  const packed = base64(gzip(head));
  const shell = assets.script.length + assets.protocols.length + assets.style.length + 65_536;
  if (shell + packed.length > maxBytes) {
    const left = `The trace has ${trace.length} events, which are too many for one page.`;
    return assemble(trace, assets, { ...facts, left, restore }, "", []);
  }
  let room = maxBytes - shell - packed.length;
  const chunks: string[] = [];
  const near = options.neighbour && packNeighbour(options, room / 2);
  if (near !== undefined) {
    room -= near.length;
    chunks.push(near);
  }
  const others: PageFacts[] = [];
  for (const other of options.others ?? []) {
    const text = `<template id="lightcone-trace-${others.length + 1}">${base64(gzip(separatePayloads(encodeTrace(other.trace)).head))}</template>\n`;
    if (text.length > room) break;
    room -= text.length;
    chunks.push(text);
    others.push(other.facts);
  }
  const missing = (options.others?.length ?? 0) - others.length;
  // The latest payloads are nearest to the violation.
  let from = payloads.length;
  while (from > 0) {
    const to = from;
    from = Math.max(0, to - CHUNK_BYTES);
    const text = base64(gzip(payloads.subarray(from, to)));
    if (text.length + 64 > room) {
      from = to;
      break;
    }
    room -= text.length + 64;
    chunks.splice(
      near === undefined ? 0 : 1,
      0,
      `<template data-payloads="${from},${to}">${text}</template>\n`,
    );
  }
  const untilNs = from === 0 ? 0 : timeOfPayload(trace, from);
  const left =
    from > 0
      ? `Payloads before ${showTime(untilNs)} are left out of this page.`
      : missing > 0
        ? `${showCount(missing)} more would make this page too large, and are left out.`
        : facts.left;
  const told = {
    ...facts,
    ...(near !== undefined && options.neighbour && { neighbour: options.neighbour.text }),
    ...(left !== undefined && { left, ...(from > 0 && { restore }) }),
    ...(others.length > 0 && { others: [facts, ...others] }),
  };
  return assemble(trace, assets, told, packed, chunks);
}

/** The template with the run to compare with: all of it, or without payloads, or nothing, as there is room. */
function packNeighbour({ neighbour, gzip, base64 }: PageOptions, room: number): string | undefined {
  if (!neighbour) return undefined;
  const whole = encodeTrace(neighbour.trace);
  for (const [bytes, kind] of [
    [whole, "whole"],
    [separatePayloads(whole).head, "head"],
  ] as const) {
    const text = `<template id="lightcone-neighbour" data-kind="${kind}">${base64(gzip(bytes))}</template>\n`;
    if (text.length <= room) return text;
  }
  return undefined;
}

/** The time of the first packet whose payload is whole if byte `at` of the payloads is the first that is kept. */
function timeOfPayload(trace: Trace, at: number): number {
  let seen = 0;
  for (let row = 0; row < trace.length; row++) {
    const index = trace.detail[row] as number;
    const kind = trace.kind[row] as number;
    if (index === 0 || kind < Kind.send || kind > Kind.drop) continue;
    const { payload } = trace.details.at(index - 1) as { payload?: Uint8Array };
    if (payload !== undefined && seen >= at) return trace.timeNs[row] as number;
    seen += payload?.length ?? 0;
  }
  return trace.timeNs[trace.length - 1] ?? 0;
}

function assemble(
  trace: Trace,
  assets: PageAssets,
  facts: PageFacts,
  packed: string,
  chunks: readonly string[],
): string {
  const { meta } = trace;
  const mark = meta?.verdict === "violated" ? "✗" : meta?.verdict === "held" ? "✓" : "?";
  const [violation] = meta?.violations ?? [];
  const story = violation?.story as { summary?: string } | undefined;
  const verdict = story?.summary ?? meta?.world ?? "a run";
  const seed = meta && facts.about === undefined ? ` · seed 0x${meta.seed.toString(16)}` : "";
  const policy = [
    "default-src 'none'",
    `script-src ${assets.scriptDigests.map((digest) => `'${digest}'`).join(" ")}`,
    `style-src '${assets.styleDigest}'`,
    "base-uri 'none'",
    "form-action 'none'",
  ].join("; ");
  const json = JSON.stringify(facts).replaceAll("<", String.raw`\u003c`);
  return [
    '<!doctype html>\n<html lang="en">\n<head>\n<meta charset="utf-8">',
    `<meta http-equiv="Content-Security-Policy" content="${policy}">`,
    '<meta name="viewport" content="width=device-width,initial-scale=1">',
    '<meta name="color-scheme" content="light dark">',
    `<title>${escape(`${mark} ${verdict}${seed}`)}</title>`,
    `<style>${assets.style}</style>\n</head>\n<body>`,
    `<div id="app"><main class="early"><h1>${escape(`${mark} ${verdict}`)}</h1>`,
    `<p>${escape(meta?.world ?? "")}${escape(seed)}</p><noscript><p>This page draws the run with JavaScript, which is off.</p></noscript></main></div>`,
    `<script type="application/json" id="lightcone-facts">${json}</script>`,
    `<script>${assets.protocols}</script>`,
    `<script>${assets.script}</script>`,
    `<template id="lightcone-trace">${packed}</template>\n${chunks.join("")}<template id="lightcone-end"></template>`,
    "</body>\n</html>\n",
  ].join("\n");
}

function escape(text: string): string {
  return text
    .replaceAll("&", "&amp;")
    .replaceAll("<", "&lt;")
    .replaceAll(">", "&gt;")
    .replaceAll('"', "&quot;");
}

/** Writes the page of a run: one HTML file with the run in it, beside the replay file and the trace. */
import { gzipSync } from "node:zlib";
import { withMechanisms } from "../report/index.ts";
import type { Trace } from "../trace/index.ts";
import { type PageFacts, type PageNeighbour, writePage } from "../viewer/index.ts";
import { viewerAssets } from "./viewer-assets.ts";

/** The greatest size of a page that is written beside a replay file, in bytes. */
export const PAGE_BYTES_MAX = 25_000_000;

/** How a page is written. */
export interface PageTextOptions {
  readonly facts: PageFacts;
  /** The command that shows everything, told where something is left out. */
  readonly restore: string;
  /** The trace as `encodeTrace` writes it, if it is at hand. */
  readonly encoded?: Uint8Array;
  /** A run to compare this one with. It is left out if it does not fit. */
  readonly neighbour?: PageNeighbour | undefined;
  /** Default: {@link PAGE_BYTES_MAX}. `Infinity` for all of the run. */
  readonly maxBytes?: number;
}

/** The page of a run, as text. */
export function pageOf(trace: Trace, options: PageTextOptions): string {
  const { facts, restore, encoded, neighbour, maxBytes = PAGE_BYTES_MAX } = options;
  // What is encoded already has what it has.
  return writePage(encoded ? trace : withMechanisms(trace), {
    assets: viewerAssets(),
    facts,
    restore,
    maxBytes,
    ...(encoded && { encoded }),
    ...(neighbour && { neighbour }),
    gzip: (bytes) => gzipSync(bytes),
    base64: (bytes) => Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString("base64"),
  });
}

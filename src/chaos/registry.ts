/** All kinds of toxics. A new kind is one file and one line here. */
import type { ToxicKind } from "./toxic.ts";
import { bandwidth } from "./toxics/bandwidth.ts";
import { halfOpen } from "./toxics/half-open.ts";
import { latency } from "./toxics/latency.ts";
import { limitData } from "./toxics/limit-data.ts";
import { loss } from "./toxics/loss.ts";
import { resetPeer } from "./toxics/reset-peer.ts";
import { scramble } from "./toxics/scramble.ts";
import { slicer } from "./toxics/slicer.ts";
import { slowClose } from "./toxics/slow-close.ts";
import { timeout } from "./toxics/timeout.ts";

/** Toxiproxy's kinds first, then Lightcone's own. */
export const toxicKinds: readonly ToxicKind[] = [
  ...[latency, bandwidth, slowClose, timeout, resetPeer, slicer, limitData],
  ...[loss, scramble, halfOpen],
];

/** The kind of this type or word; undefined if there is none. */
export function findToxicKind(name: string): ToxicKind | undefined {
  return toxicKinds.find(({ type, words }) => type === name || words.includes(name));
}

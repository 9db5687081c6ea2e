/** Chooses the dissector of a conversation, by its content first, then by port and names. */
import type { ConversationHints } from "./conversation.ts";
import type { Dissector, Likeness, Side } from "./message.ts";
import { dissectors } from "./registry.ts";

/** The content decides; a port and a name weigh as much as one step of likeness together. */
const PORT_WEIGHT = 0.6;
const NAME_WEIGHT = 0.5;

/** How far into a stream that is joined in its middle a message is looked for. */
const SYNC_MAX = 1 << 14;

/** The first bytes that a side sent, and where messages may begin in them: at 0 only, unless bytes before are missing. */
export interface Beginning {
  readonly bytes: Uint8Array;
  readonly afterGap: boolean;
  readonly starts: readonly number[];
}

/** Returns the dissector that fits best to the beginnings of the two sides. The last of the registry fits anything. */
export function guess(
  [first, second]: readonly [Beginning | undefined, Beginning | undefined],
  hints: ConversationHints,
): Dissector {
  const { port, names = [], protocol } = hints;
  const over = hints.datagram ? "datagram" : "stream";
  let best = dissectors.at(-1) as Dissector;
  let bestScore = 0;
  for (const dissector of dissectors) {
    if (dissector.name === protocol) return dissector;
    if (dissector.over !== undefined && dissector.over !== over) continue;
    const a = first && looks(dissector, first, 0);
    const b = second && looks(dissector, second, 1);
    if (a === 0 || b === 0) continue;
    const named = names.some((name) => name.toLowerCase().includes(dissector.name));
    const score =
      Math.max(a ?? 0, b ?? 0) +
      (port !== undefined && dissector.ports.includes(port) ? PORT_WEIGHT : 0) +
      (named ? NAME_WEIGHT : 0);
    // What only cannot be excluded needs a port or a name.
    if (score > 1 && score > bestScore) {
      best = dissector;
      bestScore = score;
    }
  }
  return best;
}

function looks(dissector: Dissector, { bytes, afterGap, starts }: Beginning, side: Side): Likeness {
  const at = (start: number): Likeness => dissector.looks(bytes.subarray(start), side);
  try {
    if (!afterGap) return at(0);
    const found = dissector.open().sync?.(bytes.subarray(0, SYNC_MAX), 0, side) ?? -1;
    const likely = [...starts.slice(0, 4), ...(found < 0 ? [] : [found])].map(at);
    return Math.max(...likely) as Likeness;
  } catch {
    return 0;
  }
}

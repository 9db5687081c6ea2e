/** Calls to a dissector's session that never throw, whatever the bytes are. */
import type { Session, Side } from "./message.ts";

/** The result of a call that threw. */
export const FAILED: unique symbol = Symbol("failed");

/** What a call returns, or {@link FAILED} if it throws. */
export function attempt<T>(body: () => T): T | typeof FAILED {
  try {
    return body();
  } catch {
    return FAILED;
  }
}

/** Where the next message may begin, from `at` on; -1 if the session does not know. */
export function syncAt(session: Session, bytes: Uint8Array, at: number, side: Side): number {
  const found = attempt(() => session.sync?.(bytes, at, side) ?? -1);
  return found === FAILED || !(found >= at) || found >= bytes.length ? -1 : found;
}

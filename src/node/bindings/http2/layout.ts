/**
 * The positions at which Node's library and its native half of HTTP/2 exchange numbers. They differ
 * between versions and are read from the library's own source.
 */
import { librarySource } from "../../lib/natives.ts";

/** Indices by their names without the prefix `IDX_`. */
let indices: ReadonlyMap<string, number> | undefined;

function load(): ReadonlyMap<string, number> {
  const found = new Map<string, number>();
  const source = librarySource("internal/http2/util");
  for (const [, name, value] of source.matchAll(/^const IDX_([A-Z0-9_]+) = ([0-9]+);/gm)) {
    found.set(name as string, Number(value));
  }
  return found;
}

/** Returns the index with that name, or `undefined` if this version of Node has none. */
export function indexOf(name: string): number | undefined {
  indices ??= load();
  return indices.get(name);
}

/** Returns an index that every version has. */
export function knownIndex(name: string): number {
  return indexOf(name) ?? 0;
}

/** The bytes that a session shares with its program, in the memory layout of `SessionJSFields`. */
export const SessionField = {
  bitfield: 0,
  priorityListeners: 1,
  frameErrorListeners: 2,
  maxInvalidFrames: 4,
  maxRejectedStreams: 8,
  bytes: 12,
} as const;

/** Bits of the first of them. */
export const SessionBit = {
  hasRemoteSettingsListeners: 0,
  remoteSettingsUpToDate: 1,
  hasPingListeners: 2,
  hasAltsvcListeners: 3,
} as const;

/** The maximum number of settings that HTTP/2 itself does not define. */
export const CUSTOM_SETTINGS_MAX = 10;

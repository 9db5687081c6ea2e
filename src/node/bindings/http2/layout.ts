/**
 * Where Node's library and its native half of HTTP/2 leave numbers for each other. The places differ
 * from version to version; the library's own source says where they are.
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

/** The index of that name, or `undefined` where this version of Node has none. */
export function indexOf(name: string): number | undefined {
  indices ??= load();
  return indices.get(name);
}

/** An index that every version has. */
export function knownIndex(name: string): number {
  return indexOf(name) ?? 0;
}

/** The bytes that a session shares with its program, as `SessionJSFields` lies in memory. */
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

/** The most settings that are not of HTTP/2 itself. */
export const CUSTOM_SETTINGS_MAX = 10;

/**
 * What a program hands over (keys, inputs, outputs) as plain data of our own: a history must not hold on
 * to a dead process's objects, and files can hold nothing else.
 */

const DEPTH_MAX = 8;
const TEXT_MAX = 10_000;

/** Plain data as it is, copied; an object of a class, a function or a symbol becomes `undefined`. */
export function plain(value: unknown, depth = 0): unknown {
  switch (typeof value) {
    case "string":
      return value.length > TEXT_MAX ? value.slice(0, TEXT_MAX) : value;
    case "number":
    case "boolean":
      return value;
    case "bigint":
      return `${value}n`;
    case "object":
      break;
    default:
      return undefined;
  }
  if (value === null) return null;
  if (depth >= DEPTH_MAX) return undefined;
  if (Array.isArray(value)) return value.map((item) => plain(item, depth + 1));
  if (ArrayBuffer.isView(value)) return bytes(value);
  const prototype: unknown = Object.getPrototypeOf(value);
  // A plain object of another realm has a prototype that itself has none.
  if (prototype !== null && Object.getPrototypeOf(prototype) !== null) return undefined;
  const out: Record<string, unknown> = {};
  for (const [key, item] of Object.entries(value)) out[key] = plain(item, depth + 1);
  return out;
}

/** Buffers are text more often than not: that is how a history shows them. */
function bytes(view: ArrayBufferView): string {
  return new TextDecoder("latin1").decode(
    new Uint8Array(view.buffer, view.byteOffset, Math.min(view.byteLength, TEXT_MAX)),
  );
}

/** A 32-bit digest of text (FNV-1a), for the fingerprint. */
export function digestText(text: string): number {
  let digest = text.length | 0;
  for (let at = 0; at < text.length; at++) {
    digest = Math.imul(digest ^ text.charCodeAt(at), 0x01000193);
  }
  return digest;
}

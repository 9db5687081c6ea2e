/**
 * Images of a machine's memory, so that a new machine can skip its setup. The interpreter's file
 * contains them as custom sections, each with a name. In addition to the memory, an image contains
 * a record of what its user needs to continue (such as the numbers of kept values).
 *
 * This is similar to what Wizer does for WebAssembly programs. Unlike Wizer, it does not save
 * globals, because Lua's globals have their initial values between two calls, when the stack is
 * empty. It does not save the table of functions either, because its user fills it the same way
 * again.
 */
import { BinaryReader, encodeName, encodeNumber, type Section, SectionId } from "./binary.ts";

/** A contiguous part of a memory. */
interface Piece {
  readonly address: number;
  readonly bytes: Uint8Array;
}

/** The bytes written to a memory since its machine was created. */
export type MemoryImage = readonly Piece[];

/** A memory image, and the record of its user. */
export interface Image<Record> {
  readonly memory: MemoryImage;
  readonly record: Record;
}

declare const WebAssembly: {
  readonly Module: { customSections(module: object, name: string): readonly ArrayBuffer[] };
};

const PREFIX = "lightcone.";
/** Pieces closer together than this are merged. */
const GAP_BYTES = 256;

/** Returns how a memory differs from its state `before`. */
export function takeMemory(memory: Uint8Array, before: Uint8Array): MemoryImage {
  const pieces: Piece[] = [];
  let start = -1;
  let end = 0;
  const close = (): void => {
    if (start >= 0) pieces.push({ address: start, bytes: memory.slice(start, end) });
  };
  for (let at = 0; at < memory.length; at++) {
    if (memory[at] === before[at]) continue;
    if (start < 0 || at - end > GAP_BYTES) {
      close();
      start = at;
    }
    end = at + 1;
  }
  close();
  return pieces;
}

/** Restores the memory of a new machine to the image's state. */
export function putMemory(memory: Uint8Array, image: MemoryImage): void {
  for (const { address, bytes } of image) memory.set(bytes, address);
}

/** Returns the section that contains an image. */
export function imageSection(name: string, { memory, record }: Image<object>): Section {
  const parts = [encodeName(PREFIX + name), encodeName(JSON.stringify(record))];
  for (const { address, bytes } of memory) {
    parts.push(encodeNumber(address), encodeNumber(bytes.length), bytes);
  }
  return { id: SectionId.custom, payload: Buffer.concat(parts) };
}

/** Returns the image with this name from a compiled interpreter, if there is one. */
export function imageOf<Record>(module: object, name: string): Image<Record> | undefined {
  const [section] = WebAssembly.Module.customSections(module, PREFIX + name);
  if (section === undefined) return undefined;
  const reader = new BinaryReader(new Uint8Array(section));
  const record = Buffer.from(reader.bytes(reader.number())).toString();
  const memory: Piece[] = [];
  while (!reader.done) {
    memory.push({ address: reader.number(), bytes: reader.bytes(reader.number()) });
  }
  return { record: JSON.parse(record) as Record, memory };
}

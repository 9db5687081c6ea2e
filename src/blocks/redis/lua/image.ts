/**
 * Images of a machine's memory, so that a machine need not be set up afresh: the interpreter's file carries
 * them as sections of its own, each with a name, and beside the memory a record of what its user has to
 * know to go on (numbers of kept values and the like).
 *
 * It is what Wizer does for WebAssembly programs, but for the globals: between two calls Lua's are as they
 * were, since the stack is empty, and the table of functions, which its user fills the same way again.
 */
import { BinaryReader, encodeName, encodeNumber, type Section, SectionId } from "./binary.ts";

/** A part of a memory. */
interface Piece {
  readonly address: number;
  readonly bytes: Uint8Array;
}

/** What was written to a memory since its machine was made. */
export type MemoryImage = readonly Piece[];

/** An image, and what its user noted about it. */
export interface Image<Record> {
  readonly memory: MemoryImage;
  readonly record: Record;
}

declare const WebAssembly: {
  readonly Module: { customSections(module: object, name: string): readonly ArrayBuffer[] };
};

const PREFIX = "lightcone.";
/** Pieces that are as close as this are one. */
const GAP_BYTES = 256;

/** How a memory differs from what it was `before`. */
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

/** Brings the memory of a new machine to what it was when the image was taken. */
export function putMemory(memory: Uint8Array, image: MemoryImage): void {
  for (const { address, bytes } of image) memory.set(bytes, address);
}

/** The section that holds an image. */
export function imageSection(name: string, { memory, record }: Image<object>): Section {
  const parts = [encodeName(PREFIX + name), encodeName(JSON.stringify(record))];
  for (const { address, bytes } of memory) {
    parts.push(encodeNumber(address), encodeNumber(bytes.length), bytes);
  }
  return { id: SectionId.custom, payload: Buffer.concat(parts) };
}

/** The image of this name that a compiled interpreter carries, if it carries one. */
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

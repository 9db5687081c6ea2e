/**
 * The bytes of a file. The content is sparse and kept in chunks, which snapshots share until one side
 * writes. The page cache and the medium each hold a `Content`, so making a file durable copies a list of
 * chunks and not the bytes.
 */
import { PAGE_BYTES } from "./constants.ts";

const CHUNK_BYTES = 65_536;
const PAGES_IN_CHUNK = CHUNK_BYTES / PAGE_BYTES;

/** A file's bytes. Ranges that were never written read as zeros and take no space. */
export class Content {
  /** The file's length in bytes. */
  size = 0;
  /** How many pages are allocated. */
  pages = 0;
  /** Chunks may be shorter than `CHUNK_BYTES`; bytes beyond them, and beyond `size`, are zeros. */
  readonly #chunks: (Uint8Array | undefined)[] = [];
  /** Marks the chunks that no snapshot shares. */
  readonly #owned: boolean[] = [];
  /** A bit for each allocated page of a chunk. */
  readonly #masks: number[] = [];

  /** A file that holds `bytes`. They are copied. */
  static from(bytes: Uint8Array): Content {
    const content = new Content();
    content.write(0, bytes);
    return content;
  }

  /**
   * A file whose content is `bytes`. The caller must not change them: they are shared until the file is
   * written.
   */
  static over(bytes: Uint8Array): Content {
    const content = new Content();
    content.size = bytes.length;
    for (let at = 0; at < bytes.length; at += CHUNK_BYTES) {
      const chunk = bytes.subarray(at, at + CHUNK_BYTES);
      content.#chunks.push(chunk);
      content.#owned.push(false);
      content.#masks.push(0);
      content.#allocate(at / CHUNK_BYTES, 0, chunk.length);
    }
    return content;
  }

  /** Returns a copy that is independent from now on. Nothing is copied until one of the two is written. */
  snapshot(): Content {
    const copy = new Content();
    copy.size = this.size;
    copy.pages = this.pages;
    for (let i = 0; i < this.#chunks.length; i++) {
      copy.#chunks[i] = this.#chunks[i];
      copy.#masks[i] = this.#masks[i] ?? 0;
      copy.#owned[i] = false;
      this.#owned[i] = false;
    }
    return copy;
  }

  /** Copies bytes from `offset` into `target`; returns the number of bytes copied. */
  read(offset: number, target: Uint8Array): number {
    const length = Math.min(target.length, this.size - offset);
    if (length <= 0) return 0;
    let done = 0;
    while (done < length) {
      const at = offset + done;
      const index = Math.floor(at / CHUNK_BYTES);
      const from = at - index * CHUNK_BYTES;
      const span = Math.min(CHUNK_BYTES - from, length - done);
      const chunk = this.#chunks[index];
      const held = chunk === undefined ? 0 : Math.max(0, Math.min(span, chunk.length - from));
      if (held > 0) target.set((chunk as Uint8Array).subarray(from, from + held), done);
      if (held < span) target.fill(0, done + held, done + span);
      done += span;
    }
    return length;
  }

  /** How many pages `write(offset, length)` would allocate. */
  pagesMissing(offset: number, length: number): number {
    if (length === 0) return 0;
    let missing = 0;
    const last = Math.floor((offset + length - 1) / PAGE_BYTES);
    for (let page = Math.floor(offset / PAGE_BYTES); page <= last; page++) {
      const mask = this.#masks[Math.floor(page / PAGES_IN_CHUNK)] ?? 0;
      if ((mask & (1 << (page % PAGES_IN_CHUNK))) === 0) missing++;
    }
    return missing;
  }

  /** Writes `source` at `offset`, growing the file as needed. */
  write(offset: number, source: Uint8Array): void {
    let done = 0;
    while (done < source.length) {
      const at = offset + done;
      const index = Math.floor(at / CHUNK_BYTES);
      const from = at - index * CHUNK_BYTES;
      const span = Math.min(CHUNK_BYTES - from, source.length - done);
      this.#writable(index, from + span).set(source.subarray(done, done + span), from);
      this.#allocate(index, from, span);
      done += span;
    }
    if (source.length > 0) this.size = Math.max(this.size, offset + source.length);
  }

  /** Makes the file `size` bytes long: truncates it, or extends it with a hole. */
  truncate(size: number): void {
    if (size < this.size) {
      const keep = Math.ceil(size / CHUNK_BYTES);
      for (let i = keep; i < this.#masks.length; i++) this.pages -= bits(this.#masks[i] ?? 0);
      this.#chunks.length = Math.min(this.#chunks.length, keep);
      this.#owned.length = Math.min(this.#owned.length, keep);
      this.#masks.length = Math.min(this.#masks.length, keep);
      const within = size - (keep - 1) * CHUNK_BYTES;
      const tail = this.#chunks[keep - 1];
      if (tail !== undefined && within < CHUNK_BYTES) this.#cutChunk(keep - 1, within);
    }
    this.size = size;
  }

  #cutChunk(index: number, length: number): void {
    const chunk = this.#chunks[index] as Uint8Array;
    if (length < chunk.length) {
      if (this.#owned[index]) {
        chunk.fill(0, length);
      } else {
        this.#chunks[index] = chunk.slice(0, length);
        this.#owned[index] = true;
      }
    }
    const mask = this.#masks[index] ?? 0;
    const kept = mask & ((1 << Math.ceil(length / PAGE_BYTES)) - 1);
    this.pages -= bits(mask) - bits(kept);
    this.#masks[index] = kept;
  }

  /** The chunk, at least `length` bytes long and not shared. */
  #writable(index: number, length: number): Uint8Array {
    const chunk = this.#chunks[index];
    if (chunk !== undefined && chunk.length >= length && this.#owned[index]) return chunk;
    // Small files use little memory; a growing file doubles its chunk, as a growing array would.
    const room = Math.max(chunk?.length ?? 0, length);
    const grown = chunk !== undefined && length > chunk.length ? chunk.length * 2 : 0;
    const copy = new Uint8Array(Math.min(CHUNK_BYTES, Math.max(room, grown)));
    if (chunk !== undefined) copy.set(chunk);
    while (this.#chunks.length < index) {
      this.#chunks.push(undefined);
      this.#owned.push(false);
      this.#masks.push(0);
    }
    this.#chunks[index] = copy;
    this.#owned[index] = true;
    this.#masks[index] ??= 0;
    return copy;
  }

  #allocate(index: number, from: number, span: number): void {
    const first = Math.floor(from / PAGE_BYTES);
    const last = Math.floor((from + span - 1) / PAGE_BYTES);
    const mask = this.#masks[index] as number;
    let next = mask;
    for (let page = first; page <= last; page++) next |= 1 << page;
    if (next === mask) return;
    this.pages += bits(next) - bits(mask);
    this.#masks[index] = next;
  }
}

function bits(mask: number): number {
  let count = 0;
  for (let rest = mask; rest !== 0; rest &= rest - 1) count++;
  return count;
}

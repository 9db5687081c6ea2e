/** Reads the trace that a page carries: base64 in templates at its end, compressed with gzip. */
import { decodeTrace } from "../../trace/codec.ts";
import type { Details, Trace } from "../../trace/trace.ts";
import type { PacketDetail } from "../../trace/packet.ts";
import type { PageFacts } from "../page-facts.ts";

/** What a page carries. */
export interface Loaded {
  readonly trace: Trace;
  readonly facts: PageFacts;
  readonly payloads: Payloads;
}

/** A page that cannot be read, in words for a person. */
export class Unreadable extends Error {}

/**
 * Reads the trace of this page, or its further trace number `number`. Throws {@link Unreadable} or what `decodeTrace`
 * throws.
 */
export async function loadPage(document: Document, number = 0): Promise<Loaded> {
  const first = JSON.parse(textOf(document, "lightcone-facts")) as PageFacts;
  const other = number > 0 ? first.others?.[number] : undefined;
  const facts = { ...first, ...other };
  const id = other ? `lightcone-trace-${number}` : "lightcone-trace";
  const template = document.getElementById(id) as HTMLTemplateElement | null;
  const isWhole = document.getElementById("lightcone-end") !== null;
  if (!isWhole) throw new Unreadable("This page was cut short: a part of the file is missing.");
  const packed = template?.content.textContent ?? "";
  if (packed === "") throw new Unreadable(facts.left ?? "There is no trace in this page.");
  const head = await unpack(fromBase64(packed.trim()));
  const payloads = new Payloads(document);
  const trace = decodeTrace(head, { payloadsApart: true });
  return { trace: payloads.attach(trace), facts, payloads };
}

/** The run that the page brings to compare its own with; `undefined` if it brings none. */
export async function loadNeighbour(document: Document): Promise<Trace | undefined> {
  const template = document.getElementById("lightcone-neighbour") as HTMLTemplateElement | null;
  if (!template) return undefined;
  const bytes = await unpack(fromBase64((template.content.textContent ?? "").trim()));
  return decodeTrace(bytes, { payloadsApart: template.dataset["kind"] === "head" });
}

/** Decodes a trace file or a saved page that somebody chose to compare with. */
export async function loadFile(file: File): Promise<Trace> {
  const bytes = new Uint8Array(await file.arrayBuffer());
  const isPage = bytes[0] === 0x3c;
  if (!isPage) return decodeTrace(bytes[0] === 0x1f ? await unpack(bytes) : bytes);
  const page = new DOMParser().parseFromString(new TextDecoder().decode(bytes), "text/html");
  return (await loadPage(page)).trace;
}

function textOf(document: Document, id: string): string {
  const text = document.getElementById(id)?.textContent;
  if (!text) throw new Unreadable("This is not a page of Lightcone, or a damaged one.");
  return text;
}

/** Bytes of base64. Throws {@link Unreadable}. */
function fromBase64(text: string): Uint8Array<ArrayBuffer> {
  try {
    const native = (Uint8Array as { fromBase64?: (text: string) => Uint8Array<ArrayBuffer> })
      .fromBase64;
    if (native) return native.call(Uint8Array, text);
    const binary = atob(text);
    const bytes = new Uint8Array(binary.length);
    for (let at = 0; at < binary.length; at++) bytes[at] = binary.charCodeAt(at);
    return bytes;
  } catch {
    throw new Unreadable("The trace in this page is damaged: it cannot be decoded.");
  }
}

async function unpack(bytes: Uint8Array<ArrayBuffer>): Promise<Uint8Array> {
  try {
    const stream = new Blob([bytes]).stream().pipeThrough(new DecompressionStream("gzip"));
    return new Uint8Array(await new Response(stream).arrayBuffer());
  } catch {
    throw new Unreadable("The trace in this page is damaged: it cannot be unpacked.");
  }
}

interface Chunk {
  readonly template: HTMLTemplateElement;
  readonly from: number;
  readonly to: number;
  bytes: Uint8Array | undefined;
}

/** The payloads of a page, in chunks that are unpacked when they are asked for. */
export class Payloads {
  readonly #chunks: Chunk[];
  #whole: Promise<void> | undefined;
  /** Whether all chunks are unpacked. */
  isLoaded = false;

  constructor(document: Document) {
    const templates = document.querySelectorAll<HTMLTemplateElement>("template[data-payloads]");
    this.#chunks = [...templates].map((template) => {
      const [from, to] = (template.dataset["payloads"] ?? "").split(",").map(Number);
      return { template, from: from as number, to: to as number, bytes: undefined };
    });
  }

  /** Unpacks all chunks, once. */
  load(): Promise<void> {
    this.#whole ??= (async () => {
      for (const chunk of this.#chunks) {
        const packed = chunk.template.content.textContent ?? "";
        chunk.bytes = await unpack(fromBase64(packed.trim()));
        chunk.template.remove();
      }
      this.isLoaded = true;
    })();
    return this.#whole;
  }

  /** A trace whose packets have their payloads, as soon as these are unpacked. */
  attach(trace: Trace): Trace {
    const { details } = trace;
    const attached: Details = {
      length: details.length,
      at: (index) => {
        const detail = details.at(index);
        const range = this.isLoaded ? details.payloadRange?.(index) : undefined;
        const payload = range && this.#slice(range[0], range[1]);
        return payload ? { ...(detail as PacketDetail), payload } : detail;
      },
    };
    return { ...trace, details: attached };
  }

  /** The bytes between two places; `undefined` if a chunk of them was left out of the page. */
  #slice(from: number, to: number): Uint8Array | undefined {
    const first = this.#chunks.findIndex((chunk) => from >= chunk.from && from < chunk.to);
    const chunk = this.#chunks[first];
    if (!chunk?.bytes) return from === to ? new Uint8Array(0) : undefined;
    if (to <= chunk.to) return chunk.bytes.subarray(from - chunk.from, to - chunk.from);
    const out = new Uint8Array(to - from);
    let at = from;
    for (let index = first; at < to; index++) {
      const next = this.#chunks[index];
      if (!next?.bytes || next.from > at) return undefined;
      const end = Math.min(to, next.to);
      out.set(next.bytes.subarray(at - next.from, end - next.from), at - from);
      at = end;
    }
    return out;
  }
}

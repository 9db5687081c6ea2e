/**
 * What a kind of toxic is: a stage in one direction of one connection.
 *
 * A kind says what its attributes are and starts stages. A stage takes bytes in order and passes them on,
 * later, in other pieces, changed, or not at all. It knows neither sockets nor timers: both come from its
 * context, so that a connection that ends takes them all along.
 */
import type { Prng } from "../base/prng.ts";

/** Which way the bytes go: `upstream` from the client to the server, `downstream` back. */
export type Direction = "upstream" | "downstream";

/** The unit of an attribute. Those of time can be written as text on the command line, such as "1.5s". */
export type Unit = "ms" | "µs" | "bytes" | "KB/s" | "probability";

/** One number that a toxic takes. */
export interface Attribute {
  readonly unit: Unit;
  /** The value where none is given. */
  readonly usual: number;
  /** What it does, in a few words for the help. */
  readonly about: string;
}

/** Attributes by name. All of a kind's are there. */
export type Attributes = Readonly<Record<string, number>>;

/** What a stage sees of its connection. */
export interface StageContext {
  /** An attribute as it is now: a toxic can be updated while it is at work. */
  get(name: string): number;
  /** The stage's own random numbers: they depend on the seed, the connection's number, direction and toxic. */
  readonly prng: Prng;
  /** The time in milliseconds, from any origin. */
  nowMs(): number;
  /** Runs `then` later, unless the stage or the connection ends first. Returns what cancels it. */
  after(delayMs: number, then: () => void): () => void;
  /** Passes bytes on to the next stage. */
  pass(bytes: Buffer): void;
  /** Passes on that no more bytes come. */
  end(): void;
  /** Closes both sides of the connection; what was passed on before still arrives. */
  close(): void;
  /** Resets both sides of the connection (RST). */
  reset(): void;
  /** Resets the side that the bytes come from and leaves the other one open, with nobody there. */
  vanish(): void;
  /** Tells a decision, for the log. */
  tell(what: string): void;
}

/** A toxic at work on one direction of one connection. */
export interface Stage {
  /** The number of bytes that wait here. */
  readonly heldBytes: number;
  write(bytes: Buffer): void;
  /** No more bytes come. */
  end(): void;
  /** The toxic's attributes are others now. */
  changed(): void;
  /** The toxic is taken away: passes on what waits. */
  removed(): void;
}

/** A kind of toxic. */
export interface ToxicKind {
  /** Its name in the HTTP API, as toxiproxy's. */
  readonly type: string;
  /** Other names of it: the word that worlds use. */
  readonly words: readonly string[];
  /** One line for the help. */
  readonly about: string;
  readonly attributes: Readonly<Record<string, Attribute>>;
  /** How many bytes a stage may hold before the sender is slowed down. */
  readonly bufferBytes: number;
  /** Says what is wrong with attributes that are each in their range; undefined if nothing is. */
  complaint?(attributes: Attributes): string | undefined;
  start(context: StageContext): Stage;
}

/** A toxic of a proxy. */
export interface Toxic {
  readonly name: string;
  readonly kind: ToxicKind;
  readonly stream: Direction;
  /** The share of connections that it applies to, 0 to 1. */
  toxicity: number;
  attributes: Attributes;
}

/** How much a stage holds that has no reason to hold more. */
export const SMALL_BUFFER_BYTES: number = 64 * 1_024;

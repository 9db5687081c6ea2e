/**
 * Overhears what hosts say to each other, for faults that wait for a message by what it says. Nobody listens in a run
 * without such a fault. How bytes become messages is the business of the owner of the run.
 */
import type { Value } from "../../filter/values.ts";
import type { MessageTest } from "../../filter/match.ts";

/** A piece of a conversation between two hosts: one write to a stream, or one datagram. */
export interface Piece {
  readonly protocol: "tcp" | "udp";
  readonly from: string;
  readonly to: string;
  readonly fromPort: number;
  readonly toPort: number;
  /** The number of the connection; 0 for datagrams. */
  readonly connection: number;
  /** Whether the sender has opened the connection. */
  readonly opener: boolean;
  /** Whether it is the first that the sender sends over the connection. */
  readonly first: boolean;
  readonly bytes: Uint8Array;
}

/** A message that is complete with a piece. */
export interface Overheard {
  /** The message in words: "PUBLISH news hello". */
  readonly summary: string;
  /** The values of its fields, such as "redis.cmd". */
  readonly flat: Readonly<Record<string, Value>>;
  /** Its place in the piece; what was sent before is before 0. */
  readonly start: number;
  readonly end: number;
  /** The places in the piece of values that can be changed without changing what is around them, with their names. */
  readonly parts: readonly MessagePart[];
}

/** A part of a message that has no other parts. */
export interface MessagePart {
  readonly name: string;
  readonly value: string;
  readonly start: number;
  readonly end: number;
}

/** Tells the messages in the pieces of conversations, in the order of sending. */
export type Interpreter = (piece: Piece) => readonly Overheard[];

/** What happens to a message. */
export type Fate =
  | { readonly how: "lose" | "delay" | "duplicate"; readonly addNs: number }
  | {
      readonly how: "reset";
      /** Before its first byte, after half of it, or after its last one. */
      readonly point: "before" | "within" | "after";
      /** Which ends learn of it at once: both, neither, the sender alone, or the receiver alone. */
      readonly ends: "both" | "neither" | "sender" | "receiver";
      readonly message: Overheard;
    };

/** Waits for a message between two hosts. Returns what happens to it, or `undefined` to let it pass. */
export type Ear = (message: Overheard, piece: Piece) => Fate | undefined;

/** The names of the fields that a piece itself has. */
export const pieceFields: readonly string[] = [
  ...["host", "from", "to", "proto", "port", "conn", "bytes"],
];

/** Listens to all conversations of a run. */
export class Overhearing {
  readonly #interpret: Interpreter;
  readonly #ears = new Map<unknown, Ear>();

  constructor(interpret: Interpreter) {
    this.#interpret = interpret;
  }

  /** Listens for somebody. `key` identifies who it is. */
  listen(key: unknown, ear: Ear): void {
    this.#ears.set(key, ear);
  }

  forget(key: unknown): void {
    this.#ears.delete(key);
  }

  /** What is in a piece, for whoever asks about this piece alone. It must be heard only once. */
  interpret(piece: Piece): readonly Overheard[] {
    return this.#interpret(piece).filter(({ end }) => end > 0);
  }

  /** Hears a piece that is about to be sent. Returns what happens to the first message that somebody waits for. */
  hear(piece: Piece): Fate | undefined {
    const messages = this.interpret(piece);
    if (this.#ears.size === 0) return undefined;
    for (const message of messages) {
      for (const ear of [...this.#ears.values()]) {
        const fate = ear(message, piece);
        if (fate) return fate;
      }
    }
    return undefined;
  }
}

/** Whether a message is one that a filter asks for. */
export function isAskedFor(test: MessageTest, message: Overheard, piece: Piece): boolean {
  return test({
    text: message.summary,
    values(field) {
      const value = message.flat[field];
      if (value !== undefined) return [value];
      switch (field) {
        case "host":
        case "from":
          return [piece.from];
        case "to":
          return [piece.to];
        case "proto":
          return [piece.protocol];
        case "port":
          return [piece.fromPort, piece.toPort];
        case "conn":
          return [piece.connection];
        case "bytes":
          return [message.end - message.start];
        default:
          return [];
      }
    },
  });
}

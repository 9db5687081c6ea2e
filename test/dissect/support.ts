/** Conversations for the tests of dissectors, and their messages as lines. */
import {
  dissect,
  type Conversation,
  type ConversationHints,
  type Field,
  type Packet,
  type Side,
} from "../../src/dissect/index.ts";

/** Bytes of text with one byte a character, or of hexadecimal digits after "0x". */
export function bytes(text: string): Uint8Array {
  return text.startsWith("0x")
    ? Buffer.from(text.slice(2).replaceAll(" ", ""), "hex")
    : Buffer.from(text, "latin1");
}

/** What the client and the server send, in turn: `["0", ...]` is the client's. */
export function packets(...sent: readonly (readonly [Side, string | Uint8Array])[]): Packet[] {
  return sent.map(([side, data], index) => ({
    id: index + 1,
    side,
    bytes: typeof data === "string" ? bytes(data) : data,
  }));
}

/** Dissects packets and returns each message as "> GET a" (request), "< 1" (reply) or "- ..." (other). */
export function told(sent: readonly Packet[], hints: ConversationHints = {}): string[] {
  return summaries(dissect(sent, hints));
}

export function summaries({ messages }: Conversation): string[] {
  const marks = { request: ">", reply: "<", other: "-" };
  return messages.map(({ role, summary }) => `${marks[role]} ${summary}`);
}

/** A tree of fields as lines: "0-4 length: 2". */
export function tree(fields: readonly Field[], depth = 0): string[] {
  return fields.flatMap(({ name, value, start, end, children = [] }) => [
    `${"  ".repeat(depth)}${start}-${end} ${name}: ${value}`,
    ...tree(children, depth + 1),
  ]);
}

/** Dissectors: the payloads of packets as messages that people can read. Pure; runs in browsers and in Node. */
export { type Conversation, type ConversationHints, dissect, type Packet } from "./conversation.ts";
export type {
  Dissector,
  Field,
  Flat,
  Likeness,
  Message,
  ReadMessage,
  Session,
  Side,
} from "./message.ts";
export { Malformed } from "./message.ts";
export { dissectors } from "./registry.ts";
export { type HeardMessage, Listener } from "./listener.ts";
export { type DissectedPacket, TraceDissector } from "./trace.ts";

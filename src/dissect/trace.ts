/** Dissects the packets of a trace: finds each packet's conversation, and dissects it when it is asked for. */
import { Kind } from "../trace/kinds.ts";
import type { PacketDetail } from "../trace/packet.ts";
import type { Trace } from "../trace/trace.ts";
import { type Conversation, dissect, type Packet } from "./conversation.ts";
import type { Message, Side } from "./message.ts";

/** A packet in words. */
export interface DissectedPacket {
  /** "GET cart:7", "SET a 1 · SET b 2 · +3", "… 200 OK 5.0 kB JSON (part 2 of 4)". */
  readonly summary: string;
  /** The messages of which it has at least a byte, in order. Empty for one without a payload. */
  readonly messages: readonly Message[];
  readonly conversation: Conversation;
}

/** How many messages the summary of a packet names. */
const SUMMARIES_MAX = 3;

interface Connection {
  readonly first: PacketDetail;
  /** The end point that opened it. */
  readonly opener: string;
  readonly packets: Packet[];
  conversation: Conversation | undefined;
  /** The messages by the packets that carry them. */
  byPacket: Map<number, Message[]> | undefined;
}

/** The conversations of a trace. Create one for each trace; it keeps what it has dissected. */
export class TraceDissector {
  readonly #trace: Trace;
  readonly #protocols: ReadonlyMap<number, string>;
  /** By packet (`send` event), and by name. */
  readonly #ofPacket = new Map<number, Connection>();
  readonly #repeats = new Map<number, number>();
  #isIndexed = false;

  /** `protocols`: the dissector to take for a connection, by its number, whatever it looks like. */
  constructor(trace: Trace, protocols: ReadonlyMap<number, string> = new Map()) {
    this.#trace = trace;
    this.#protocols = protocols;
  }

  /**
   * The packet of a `send` event, or of a `receive` or `drop` that follows from it. `undefined` for any other
   * event. A retransmission has what was sent first.
   */
  packet(event: number): DissectedPacket | undefined {
    this.#index();
    const id = this.#sendOf(event);
    const connection = id === undefined ? undefined : this.#ofPacket.get(id);
    if (id === undefined || !connection) return undefined;
    const conversation = this.#dissected(connection);
    const messages = connection.byPacket?.get(id) ?? [];
    return { summary: summaryOf(messages, id, connection.packets), messages, conversation };
  }

  /** All conversations, in the order of their first packets. */
  conversations(): Conversation[] {
    this.#index();
    return [...new Set(this.#ofPacket.values())].map((connection) => this.#dissected(connection));
  }

  #sendOf(event: number): number | undefined {
    const { kind, cause } = this.#trace;
    let id = event;
    for (let steps = 0; steps < 3 && id > 0; steps++) {
      const repeated = this.#repeats.get(id);
      if (repeated !== undefined) return repeated;
      const kindOf = kind[id - 1];
      if (kindOf === Kind.send) return id;
      if (kindOf !== Kind.receive && kindOf !== Kind.drop) return undefined;
      id = cause[id - 1] as number;
    }
    return undefined;
  }

  #index(): void {
    if (this.#isIndexed) return;
    this.#isIndexed = true;
    const { kind, detail, details, length } = this.#trace;
    const connections = new Map<string, Connection>();
    for (let row = 0; row < length; row++) {
      if (kind[row] !== Kind.send || detail[row] === 0) continue;
      const packet = details.at((detail[row] as number) - 1) as PacketDetail;
      const id = row + 1;
      if (packet.repeats !== undefined) {
        this.#repeats.set(id, this.#repeats.get(packet.repeats) ?? packet.repeats);
        continue;
      }
      const key = keyOf(packet);
      const from = `${packet.from}:${packet.fromPort}`;
      let connection = connections.get(key);
      if (!connection) {
        // The first packet is the opener's, unless it is the answer to one that is not there.
        const isAnswer = packet.flags === "SYN-ACK";
        const opener = isAnswer ? `${packet.to}:${packet.toPort}` : from;
        connection = {
          first: isAnswer ? turned(packet) : packet,
          opener,
          packets: [],
          conversation: undefined,
          byPacket: undefined,
        };
        connections.set(key, connection);
      }
      this.#ofPacket.set(id, connection);
      const side: Side = from === connection.opener ? 0 : 1;
      const bytes = packet.payload ?? (packet.bytes > 0 ? undefined : new Uint8Array(0));
      connection.packets.push({ id, side, bytes });
    }
  }

  #dissected(connection: Connection): Conversation {
    if (connection.conversation) return connection.conversation;
    const { first, packets } = connection;
    const protocol = this.#protocols.get(first.connection);
    const conversation = dissect(packets, {
      port: first.toPort,
      names: [first.to],
      datagram: first.protocol === "udp",
      ...(protocol !== undefined && { protocol }),
    });
    connection.conversation = conversation;
    connection.byPacket = messagesByPacket(packets, conversation.messages);
    return conversation;
  }
}

function keyOf(packet: PacketDetail): string {
  const { protocol, connection, from, to, fromPort, toPort } = packet;
  if (connection > 0) return `${protocol} ${connection}`;
  const ends = [`${from}:${fromPort}`, `${to}:${toPort}`].sort();
  return `${protocol} ${ends.join(" ")}`;
}

function turned(packet: PacketDetail): PacketDetail {
  const { from, to, fromPort, toPort } = packet;
  return { ...packet, from: to, to: from, fromPort: toPort, toPort: fromPort };
}

function messagesByPacket(
  packets: readonly Packet[],
  messages: readonly Message[],
): Map<number, Message[]> {
  const by = new Map<number, Message[]>();
  const ids = [0, 1].map((side) =>
    packets.filter((packet) => packet.side === side).map(({ id }) => id),
  );
  const positions = ids.map((list) => new Map(list.map((id, index) => [id, index])));
  for (const message of messages) {
    const own = ids[message.side] as number[];
    const position = positions[message.side] as Map<number, number>;
    const from = position.get(message.firstPacket) ?? 0;
    const to = position.get(message.lastPacket) ?? from;
    for (let index = from; index <= to; index++) {
      const id = own[index] as number;
      const list = by.get(id);
      if (list) list.push(message);
      else by.set(id, [message]);
    }
  }
  return by;
}

function summaryOf(messages: readonly Message[], id: number, packets: readonly Packet[]): string {
  const [only] = messages;
  if (messages.length === 1 && only && only.firstPacket !== only.lastPacket) {
    const parts = packets.filter(
      (packet) =>
        packet.side === only.side && packet.id >= only.firstPacket && packet.id <= only.lastPacket,
    );
    const at = parts.findIndex((packet) => packet.id === id) + 1;
    return `${at > 1 ? "… " : ""}${only.summary} (part ${at} of ${parts.length})`;
  }
  const words: string[] = [];
  let repeated = 1;
  const major = messages.filter(({ minor }) => minor !== true);
  for (const { summary } of major.length > 0 ? major : messages) {
    if (words.at(-1)?.replace(/ ×\d+$/, "") === summary) {
      words[words.length - 1] = `${summary} ×${++repeated}`;
    } else {
      repeated = 1;
      words.push(summary);
    }
  }
  const rest = words.length - SUMMARIES_MAX;
  return [...words.slice(0, SUMMARIES_MAX), ...(rest > 0 ? [`+${rest}`] : [])].join(" · ");
}

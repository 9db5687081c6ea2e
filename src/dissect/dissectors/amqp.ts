/**
 * Dissects AMQP 0-9-1 (RabbitMQ): a message for each method, with the content that follows it. Calls are paired with
 * their answers, deliveries and confirmed publishings with their acknowledgements, requests by correlation id.
 */
import { concatBytes } from "../../base/bytes.ts";
import { contentOf } from "../content/content.ts";
import {
  type Dissector,
  type Field,
  Malformed,
  type ReadMessage,
  type Session,
  type Side,
} from "../message.ts";
import { Reader } from "../reader.ts";
import { latin, oneLine, size } from "../text.ts";

/**
 * The methods: number, name, arguments. The first letter of an argument is its type: o, s, l, q integers of 1, 2, 4
 * and 8 bytes, S short text, X long text, T a table, b a bit. A dot stands for what is reserved.
 */
const METHODS = `
10.10 connection.start omajor ominor Tproperties Xmechanisms Xlocales
10.11 connection.start-ok Tproperties Smechanism X. Slocale
10.20 connection.secure X.
10.21 connection.secure-ok X.
10.30 connection.tune schannel-max lframe-max sheartbeat
10.31 connection.tune-ok schannel-max lframe-max sheartbeat
10.40 connection.open Svhost S. b.
10.41 connection.open-ok S.
10.50 connection.close scode Stext sclass smethod
10.51 connection.close-ok
10.60 connection.blocked Sreason
10.61 connection.unblocked
20.10 channel.open S.
20.11 channel.open-ok X.
20.20 channel.flow bactive
20.21 channel.flow-ok bactive
20.40 channel.close scode Stext sclass smethod
20.41 channel.close-ok
40.10 exchange.declare s. Sexchange Stype bpassive bdurable bauto-delete binternal bno-wait Targuments
40.11 exchange.declare-ok
40.20 exchange.delete s. Sexchange bif-unused bno-wait
40.21 exchange.delete-ok
40.30 exchange.bind s. Sdestination Ssource Srouting-key bno-wait Targuments
40.31 exchange.bind-ok
40.40 exchange.unbind s. Sdestination Ssource Srouting-key bno-wait Targuments
40.51 exchange.unbind-ok
50.10 queue.declare s. Squeue bpassive bdurable bexclusive bauto-delete bno-wait Targuments
50.11 queue.declare-ok Squeue lmessages lconsumers
50.20 queue.bind s. Squeue Sexchange Srouting-key bno-wait Targuments
50.21 queue.bind-ok
50.30 queue.purge s. Squeue bno-wait
50.31 queue.purge-ok lmessages
50.40 queue.delete s. Squeue bif-unused bif-empty bno-wait
50.41 queue.delete-ok lmessages
50.50 queue.unbind s. Squeue Sexchange Srouting-key Targuments
50.51 queue.unbind-ok
60.10 basic.qos lsize scount bglobal
60.11 basic.qos-ok
60.20 basic.consume s. Squeue Sconsumer bno-local bno-ack bexclusive bno-wait Targuments
60.21 basic.consume-ok Sconsumer
60.30 basic.cancel Sconsumer bno-wait
60.31 basic.cancel-ok Sconsumer
60.40 basic.publish s. Sexchange Srouting-key bmandatory bimmediate
60.50 basic.return scode Stext Sexchange Srouting-key
60.60 basic.deliver Sconsumer qtag bredelivered Sexchange Srouting-key
60.70 basic.get s. Squeue bno-ack
60.71 basic.get-ok qtag bredelivered Sexchange Srouting-key lmessages
60.72 basic.get-empty S.
60.80 basic.ack qtag bmultiple
60.90 basic.reject qtag brequeue
60.100 basic.recover-async brequeue
60.110 basic.recover brequeue
60.111 basic.recover-ok
60.120 basic.nack qtag bmultiple brequeue
85.10 confirm.select bno-wait
85.11 confirm.select-ok
90.10 tx.select
90.11 tx.select-ok
90.20 tx.commit
90.21 tx.commit-ok
90.30 tx.rollback
90.31 tx.rollback-ok`;

const methods = new Map(
  METHODS.trim()
    .split("\n")
    .map((line) => {
      const [number = "", name = "", ...args] = line.split(" ");
      return [number, { name, args }];
    }),
);
/** The properties of a content, from the highest bit of the flags downwards. */
const properties =
  "Scontent-type Scontent-encoding Theaders odelivery-mode opriority Scorrelation-id Sreply-to Sexpiration Smessage-id qtimestamp Stype Suser-id Sapp-id".split(
    " ",
  );
const INTEGERS: Readonly<Record<string, number>> = { o: 1, s: 2, l: 4, q: 8 };
const withContent = /^basic\.(publish|return|deliver|get-ok)$/;
const HEAD = 7;
const FRAME_END = 0xce;
const FRAME_MAX = 1 << 27;
const DEPTH_MAX = 16;

export const amqp: Dissector = {
  name: "amqp",
  title: "AMQP 0-9-1",
  ports: [5672],
  over: "stream",
  filters: [
    ...["amqp.method", "amqp.channel", "amqp.exchange", "amqp.key", "amqp.queue", "amqp.tag"],
    ...["amqp.correlation", "amqp.type", "amqp.code"],
  ],
  looks(bytes) {
    if (latin(bytes, 0, Math.min(4, bytes.length)) === "AMQP") return 3;
    const frame = frameAt(bytes, 0);
    return frame ? 3 : 0;
  },
  open: () => new AmqpSession(),
};

interface Frame {
  readonly type: number;
  readonly channel: number;
  readonly start: number;
  readonly end: number;
}

/** The frame at `at`; `undefined` if it is not complete. Throws if there can be none. */
function frameAt(bytes: Uint8Array, at: number): Frame | undefined {
  const type = bytes[at];
  if (type !== undefined && ![1, 2, 3, 8].includes(type)) throw new Malformed("no frame");
  if (at + HEAD > bytes.length) return undefined;
  const head = new Reader(bytes, at);
  const length = head.peek(4, at + 3);
  if (length > FRAME_MAX) throw new Malformed("no such length");
  const end = at + HEAD + length + 1;
  if (end > bytes.length) return undefined;
  if (bytes[end - 1] !== FRAME_END) throw new Malformed("no end of frame");
  return { type: type as number, channel: head.peek(2, at + 1), start: at, end };
}

class AmqpSession implements Session {
  /** Channels whose publishings are confirmed, with the number of the last one. */
  readonly #published = new Map<number, number>();

  read(bytes: Uint8Array, at: number, side: Side): ReadMessage | undefined {
    if (latin(bytes, at, Math.min(at + 4, bytes.length)) === "AMQP")
      return protocolHeader(bytes, at);
    const frame = frameAt(bytes, at);
    if (!frame) return undefined;
    const reader = new Reader(bytes, at, frame.end);
    const told = { flat: { "amqp.channel": frame.channel } as Record<string, string | number> };
    const fields = frameHead(reader);
    const plain = (summary: string): ReadMessage => {
      if (reader.left > 1) reader.raw("payload", reader.left - 1);
      return {
        protocol: amqp.name,
        role: "other",
        summary: `${summary} (channel ${frame.channel})`,
        start: at,
        end: frame.end,
        fields: [...fields, ...reader.fields],
        flat: told.flat,
      };
    };
    if (frame.type === 8) return { ...plain(""), summary: "heartbeat" };
    if (frame.type === 2) return plain("content header");
    if (frame.type === 3) return plain(`content ${size(frame.end - at - HEAD - 1)}`);
    return this.#method(reader, fields, frame, side);
  }

  sync(bytes: Uint8Array, at: number): number {
    for (let i = at; i < bytes.length; i++) {
      try {
        if (frameAt(bytes, i)) return i;
      } catch {
        // Not here.
      }
    }
    return -1;
  }

  #method(reader: Reader, fields: Field[], frame: Frame, side: Side): ReadMessage {
    const { channel, start } = frame;
    const payload = new Reader(reader.bytes, reader.at, frame.end - 1);
    const classId = payload.uint("class", 2);
    const methodId = payload.uint("method", 2);
    const known = methods.get(`${classId}.${methodId}`);
    const name = known?.name ?? `${classId}.${methodId}`;
    const args: Record<string, string | number> = {};
    payload.attempt(() => {
      readArguments(payload, known?.args ?? [], args);
      if (payload.left > 0) payload.raw("more");
    });
    const content = withContent.test(name)
      ? contentAfter(reader.bytes, frame)
      : { end: frame.end, fields: [], args: {}, flat: {}, summary: "" };
    const all = { ...args, ...content.args };
    return {
      protocol: amqp.name,
      summary: oneLine(methodSummary(name, args, content.summary)),
      start,
      end: content.end,
      fields: [
        ...fields,
        {
          name,
          value: methodSummary(name, args, ""),
          start: payload.fields[0]?.start ?? start,
          end: frame.end,
          children: payload.fields,
        },
        ...content.fields,
      ],
      flat: { ...flatOf(name, channel, all), ...content.flat },
      ...this.#pairing(name, channel, all, side),
    };
  }

  #pairing(
    name: string,
    channel: number,
    args: Readonly<Record<string, string | number>>,
    side: Side,
  ): Pick<ReadMessage, "role" | "pair"> {
    const correlation = args["correlation-id"];
    const isContent = name === "basic.publish" || name === "basic.deliver";
    if (name === "confirm.select") this.#published.set(channel, 0);
    const number = name === "basic.publish" ? this.#published.get(channel) : undefined;
    if (number !== undefined) this.#published.set(channel, number + 1);
    if (isContent && correlation) {
      // A request goes from one side to the broker's other client, and the reply comes back with its id.
      const role = args["reply-to"] ? "request" : "reply";
      return { role, pair: `correlation ${correlation}` };
    }
    if (number !== undefined) return { role: "request", pair: `${channel} publish ${number + 1}` };
    if (name === "basic.deliver")
      return { role: "request", pair: `${channel} delivery ${args["tag"]}` };
    if (/^basic\.(ack|nack|reject)$/.test(name)) {
      const what = side === 0 ? "delivery" : "publish";
      return { role: "reply", pair: `${channel} ${what} ${args["tag"]}` };
    }
    if (name === "connection.start" || name === "connection.tune") return { role: "other" };
    const [, call = name, isAnswer] = /^(.*?)(-ok|-empty)?$/.exec(name) ?? [];
    const isCall =
      methods.size > 0 && [...methods.values()].some((method) => method.name === `${call}-ok`);
    if (!isCall) return { role: "other" };
    return { role: isAnswer ? "reply" : "request", pair: `${channel} ${call}` };
  }
}

function protocolHeader(bytes: Uint8Array, at: number): ReadMessage | undefined {
  if (at + 8 > bytes.length) return undefined;
  const version = [...bytes.subarray(at + 5, at + 8)].join("-");
  return {
    protocol: amqp.name,
    role: "other",
    summary: `AMQP ${version}`,
    start: at,
    end: at + 8,
    fields: [{ name: "protocol", value: `AMQP ${version}`, start: at, end: at + 8 }],
    flat: {},
  };
}

const frameTypes = ["", "method", "content header", "content", "", "", "", "", "heartbeat"];

function frameHead(reader: Reader): Field[] {
  reader.uint("frame", 1, (type) => frameTypes[type] ?? "");
  reader.uint("channel", 2);
  reader.uint("size", 4);
  return reader.fields.splice(0);
}

interface ContentTold {
  readonly end: number;
  readonly fields: readonly Field[];
  readonly args: Readonly<Record<string, string | number>>;
  readonly flat: Readonly<Record<string, string | number>>;
  readonly summary: string;
}

/** The header and the body after a method, if they follow it directly and are complete. */
function contentAfter(bytes: Uint8Array, method: Frame): ContentTold {
  const none: ContentTold = { end: method.end, fields: [], args: {}, flat: {}, summary: "" };
  try {
    const head = frameAt(bytes, method.end);
    if (!head || head.type !== 2 || head.channel !== method.channel) return none;
    const reader = new Reader(bytes, head.start, head.end - 1);
    frameHead(reader);
    reader.uint("class", 2);
    reader.skip(2);
    const total = reader.uint("body size", 8);
    const flags = reader.uint("properties", 2, (value) => value.toString(2).padStart(16, "0"));
    const args: Record<string, string | number> = {};
    const present = properties.filter((_, index) => ((flags >> (15 - index)) & 1) === 1);
    readArguments(reader, present, args);
    const parts: Uint8Array[] = [];
    let end = head.end;
    for (let length = 0; length < total;) {
      const body = frameAt(bytes, end);
      if (!body || body.type !== 3 || body.channel !== method.channel) return none;
      const part = bytes.subarray(body.start + HEAD, body.end - 1);
      parts.push(part);
      length += part.length;
      end = body.end;
    }
    const start = head.end + HEAD;
    const content = contentOf(concatBytes(parts), {
      type: String(args["content-type"] ?? ""),
      encoding: String(args["content-encoding"] ?? "").replace(/^utf-?8$/i, ""),
      place: parts.length === 1 ? { offset: start } : { start: head.end, end },
    });
    const header = {
      name: "properties",
      value: `${present.length}`,
      start: head.start,
      end: head.end,
      children: reader.fields,
    };
    return {
      end,
      fields: [header, ...content.fields],
      args,
      flat: content.flat,
      summary: content.summary,
    };
  } catch {
    return none;
  }
}

function readArguments(
  reader: Reader,
  args: readonly string[],
  values: Record<string, string | number>,
): void {
  let bit = 0;
  for (const argument of args) {
    const type = argument[0] as string;
    const name = argument.slice(1);
    if (type === "b") {
      // Bits in a row share bytes.
      const byte = reader.peek(1);
      const value = (byte >> bit) & 1;
      if (name !== ".")
        reader.fields.push({
          name,
          value: value ? "yes" : "no",
          start: reader.at,
          end: reader.at + 1,
        });
      values[name] = value;
      if (++bit === 8) {
        bit = 0;
        reader.skip(1);
      }
      continue;
    }
    if (bit > 0) reader.skip(1);
    bit = 0;
    const shown = name === "." ? "reserved" : name;
    const width = INTEGERS[type];
    if (width !== undefined) values[name] = reader.uint(shown, width);
    else if (type === "S") values[name] = reader.text(shown, byteBefore(reader, 1));
    else if (type === "X") values[name] = reader.text(shown, byteBefore(reader, 4));
    else table(reader, shown, 0);
  }
  if (bit > 0) reader.skip(1);
}

/** The length of what follows, without a field of its own. */
function byteBefore(reader: Reader, width: number): number {
  const length = reader.peek(width);
  reader.skip(width);
  return length;
}

function table(reader: Reader, name: string, depth: number): void {
  if (depth > DEPTH_MAX) throw new Malformed("nested too deep");
  reader.group(name, () => {
    const end = byteBefore(reader, 4) + reader.at;
    if (end > reader.end) throw new Malformed("too short");
    let count = 0;
    for (; reader.at < end; count++) {
      const start = reader.skip(byteBefore(reader, 1));
      tableValue(reader, latin(reader.bytes, start, reader.at), depth);
    }
    return count === 0 ? "none" : `${count}`;
  });
}

const tableIntegers: Readonly<Record<string, number>> = {
  ...{ t: 1, b: 1, B: 1, U: 2, s: 2, u: 2, I: 4, i: 4, l: 8, L: 8, T: 8 },
};
const tableOthers: Readonly<Record<string, number>> = { f: 4, d: 8, D: 5, V: 0 };

function tableValue(reader: Reader, name: string, depth: number): void {
  const type = String.fromCharCode(byteBefore(reader, 1));
  const width = tableIntegers[type];
  if (type === "S") reader.text(name, byteBefore(reader, 4));
  else if (type === "x") reader.raw(name, byteBefore(reader, 4));
  else if (type === "F") table(reader, name, depth + 1);
  else if (type === "A") {
    if (depth > DEPTH_MAX) throw new Malformed("nested too deep");
    reader.group(name, () => {
      const end = byteBefore(reader, 4) + reader.at;
      let count = 0;
      for (; reader.at < end; count++) tableValue(reader, String(count), depth + 1);
      return `${count}`;
    });
  } else if (width !== undefined) reader.uint(name, width);
  else if (tableOthers[type] !== undefined) reader.raw(name, tableOthers[type]);
  else throw new Malformed("unknown type");
}

function methodSummary(
  name: string,
  args: Readonly<Record<string, string | number>>,
  content: string,
): string {
  const words: (string | number | undefined)[] = [name];
  if (args["exchange"] !== undefined || args["routing-key"] !== undefined) {
    words.push([args["exchange"], args["routing-key"]].filter(Boolean).join("/"));
  }
  for (const key of ["queue", "code", "text", "vhost", "reason"]) words.push(args[key]);
  if (args["tag"] !== undefined) words.push(`#${args["tag"]}`);
  if (args["multiple"] === 1) words.push("and before");
  if (args["redelivered"] === 1) words.push("redelivered");
  return [...words, content].filter((word) => word !== undefined && word !== "").join(" ");
}

function flatOf(
  name: string,
  channel: number,
  args: Readonly<Record<string, string | number>>,
): Record<string, string | number> {
  const flat: Record<string, string | number> = { "amqp.method": name, "amqp.channel": channel };
  const names: Readonly<Record<string, string>> = {
    ...{ exchange: "exchange", "routing-key": "key", queue: "queue", tag: "tag" },
    ...{ "correlation-id": "correlation", "content-type": "type", code: "code" },
  };
  for (const [argument, short] of Object.entries(names)) {
    const value = args[argument];
    if (value !== undefined) flat[`amqp.${short}`] = value;
  }
  return flat;
}

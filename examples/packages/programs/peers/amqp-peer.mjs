/**
 * A scripted peer that speaks AMQP 0-9-1 to one client at a time: channels, queues, the default exchange,
 * consumers, acknowledgements, confirms. It stands in until there is a block.
 */
import { createServer } from "node:net";
import { port, ready } from "../roles.mjs";

const short = (value) => Buffer.from([value >> 8, value & 255]);
const long = (value) => {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32BE(value);
  return bytes;
};
const longlong = (value) => Buffer.concat([long(0), long(value)]);
const shortText = (value) =>
  Buffer.concat([Buffer.from([Buffer.byteLength(value)]), Buffer.from(value)]);
const longText = (value) => Buffer.concat([long(Buffer.byteLength(value)), Buffer.from(value)]);
const noTable = long(0);

function frame(type, channel, payload) {
  return Buffer.concat([
    Buffer.from([type]),
    short(channel),
    long(payload.length),
    payload,
    Buffer.from([0xce]),
  ]);
}

const method = (channel, klass, id, ...parts) =>
  frame(1, channel, Buffer.concat([short(klass), short(id), ...parts]));

function readShortText(bytes, at) {
  return bytes.toString("utf8", at + 1, at + 1 + bytes[at]);
}

/** Whether the properties of a message say that it is persistent. */
function isPersistent(header) {
  const flags = header.readUInt16BE(12);
  let at = 14;
  if (flags & 0x8000) at += 1 + header[at];
  if (flags & 0x4000) at += 1 + header[at];
  if (flags & 0x2000) at += 4 + header.readUInt32BE(at);
  return (flags & 0x1000) !== 0 && header[at] === 2;
}

function serve(socket, queues, syncMs) {
  const channels = new Map();
  let buffer = Buffer.alloc(0);
  let greeted = false;
  socket.on("error", () => {});

  const channelOf = (number) => {
    if (!channels.has(number)) {
      channels.set(number, { number, tag: 0, confirms: false, published: 0, unacked: new Map() });
    }
    return channels.get(number);
  };
  const queueOf = (name) => {
    if (!queues.has(name)) queues.set(name, { messages: [], consumer: undefined });
    return queues.get(name);
  };
  const deliver = (queue) => {
    while (queue.consumer && queue.messages.length > 0) {
      const { channel, consumerTag } = queue.consumer;
      const message = queue.messages.shift();
      channel.tag += 1;
      channel.unacked.set(channel.tag, { queue, message });
      const { routingKey, header, body, redelivered } = message;
      const flags = Buffer.from([redelivered ? 1 : 0]);
      socket.write(
        method(
          channel.number,
          60,
          60,
          shortText(consumerTag),
          longlong(channel.tag),
          flags,
          shortText(""),
          shortText(routingKey),
        ),
      );
      socket.write(frame(2, channel.number, header));
      if (body.length > 0) socket.write(frame(3, channel.number, body));
    }
  };
  const published = (channel) => {
    const { routingKey, header, chunks } = channel.incoming;
    channel.incoming = undefined;
    const queue = queueOf(routingKey);
    queue.messages.push({ routingKey, header, body: Buffer.concat(chunks), redelivered: false });
    deliver(queue);
    channel.published += 1;
    if (!channel.confirms) return;
    const confirm = method(channel.number, 60, 80, longlong(channel.published), Buffer.from([0]));
    if (syncMs && isPersistent(header)) setTimeout(() => socket.write(confirm), syncMs());
    else socket.write(confirm);
  };
  const methods = {
    10.11: () => socket.write(method(0, 10, 30, short(2047), long(131072), short(0))),
    10.31: () => {},
    "10.40": () => socket.write(method(0, 10, 41, shortText(""))),
    "10.50": () => socket.end(method(0, 10, 51)),
    "20.10": (channel) => socket.write(method(channel.number, 20, 11, longText(""))),
    "20.40": (channel) => socket.write(method(channel.number, 20, 41)),
    "50.10": (channel, args) => {
      const name = readShortText(args, 2);
      const { length } = queueOf(name).messages;
      socket.write(method(channel.number, 50, 11, shortText(name), long(length), long(0)));
    },
    "60.10": (channel) => socket.write(method(channel.number, 60, 11)),
    "60.20": (channel, args) => {
      const name = readShortText(args, 2);
      const consumerTag = readShortText(args, 3 + name.length) || `ctag-${channel.number}`;
      socket.write(method(channel.number, 60, 21, shortText(consumerTag)));
      const queue = queueOf(name);
      queue.consumer = { channel, consumerTag };
      deliver(queue);
    },
    "60.40": (channel, args) => {
      const exchange = readShortText(args, 2);
      channel.incoming = { routingKey: readShortText(args, 3 + exchange.length), chunks: [] };
    },
    "60.80": (channel, args) => channel.unacked.delete(args.readUInt32BE(4)),
    "60.120": (channel, args) => {
      const tag = args.readUInt32BE(4);
      const { queue, message } = channel.unacked.get(tag);
      channel.unacked.delete(tag);
      if ((args[8] & 2) !== 0) queue.messages.unshift({ ...message, redelivered: true });
      deliver(queue);
    },
    "85.10": (channel) => {
      channel.confirms = true;
      socket.write(method(channel.number, 85, 11));
    },
  };
  socket.on("data", (chunk) => {
    buffer = Buffer.concat([buffer, chunk]);
    if (!greeted) {
      if (buffer.length < 8) return;
      buffer = buffer.subarray(8);
      greeted = true;
      socket.write(
        method(0, 10, 10, Buffer.from([0, 9]), noTable, longText("PLAIN"), longText("en_US")),
      );
    }
    while (buffer.length >= 7) {
      const size = buffer.readUInt32BE(3);
      if (buffer.length < size + 8) return;
      const type = buffer[0];
      const channel = channelOf(buffer.readUInt16BE(1));
      const payload = Buffer.from(buffer.subarray(7, 7 + size));
      buffer = buffer.subarray(size + 8);
      if (type === 1) {
        methods[`${payload.readUInt16BE(0)}.${payload.readUInt16BE(2)}`]?.(
          channel,
          payload.subarray(4),
        );
      } else if (type === 2) {
        channel.incoming.header = payload;
        channel.incoming.left = payload.readUInt32BE(8);
        if (channel.incoming.left === 0) published(channel);
      } else if (type === 3) {
        channel.incoming.chunks.push(payload);
        channel.incoming.left -= payload.length;
        if (channel.incoming.left === 0) published(channel);
      } else if (type === 8) {
        socket.write(frame(8, 0, Buffer.alloc(0)));
      }
    }
  });
}

/**
 * Serves on the port of the roles. With `syncMs` a persistent message is confirmed so many milliseconds later, since it is
 * written to a disk first; others are confirmed at once, so that confirms come in another order than messages.
 */
export function serveAmqp({ syncMs } = {}) {
  const queues = new Map();
  createServer((socket) => serve(socket, queues, syncMs)).listen(port, ready);
}

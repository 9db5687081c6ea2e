/**
 * A scripted peer that speaks Kafka's protocol as one broker: topics of one partition, record batches kept
 * as they came, one consumer group member at a time. It stands in until there is a block.
 */
import { createServer } from "node:net";
import { host, port, ready } from "../roles.mjs";

class Writer {
  parts = [];
  #number(size, write, value) {
    const bytes = Buffer.alloc(size);
    bytes[write](value);
    this.parts.push(bytes);
    return this;
  }
  i8 = (value) => this.#number(1, "writeInt8", value);
  i16 = (value) => this.#number(2, "writeInt16BE", value);
  i32 = (value) => this.#number(4, "writeInt32BE", value);
  i64 = (value) => this.#number(8, "writeBigInt64BE", BigInt(value));
  text(value) {
    if (value === null) return this.i16(-1);
    this.i16(Buffer.byteLength(value));
    this.parts.push(Buffer.from(value));
    return this;
  }
  bytes(value) {
    this.i32(value.length);
    this.parts.push(value);
    return this;
  }
  array(items, each) {
    this.i32(items.length);
    for (const item of items) each(item);
    return this;
  }
}

class Reader {
  at = 0;
  constructor(bytes) {
    this.source = bytes;
  }
  #number(size, read) {
    const value = this.source[read](this.at);
    this.at += size;
    return value;
  }
  i8 = () => this.#number(1, "readInt8");
  i16 = () => this.#number(2, "readInt16BE");
  i32 = () => this.#number(4, "readInt32BE");
  i64 = () => Number(this.#number(8, "readBigInt64BE"));
  #take(length) {
    const start = this.at;
    this.at += Math.max(0, length);
    return this.source.subarray(start, this.at);
  }
  text() {
    const length = this.i16();
    return length < 0 ? null : this.#take(length).toString();
  }
  bytes = () => this.#take(this.i32());
  array = (each) => Array.from({ length: Math.max(0, this.i32()) }, each);
  topics = (each) => this.array(() => ({ name: this.text(), partitions: this.array(each) }));
}

/** The version of each call that we speak, by its key. */
const versions = { 0: 3, 1: 4, 2: 1, 3: 1, 8: 2, 9: 1, 10: 0, 11: 0, 12: 0, 13: 0, 14: 0, 18: 0 };

function broker() {
  const logs = new Map();
  const committed = new Map();
  const waiting = new Set();
  let generation = 0;
  const logOf = (name) => {
    if (!logs.has(name)) logs.set(name, { batches: [], end: 0 });
    return logs.get(name);
  };
  const topics = (writer, list, each) =>
    writer.array(list, ({ name, partitions }) => {
      writer.text(name).array(partitions, (partition) => each(partition, name));
    });

  function append(name, records) {
    const log = logOf(name);
    for (let at = 0; at < records.length;) {
      const size = 12 + records.readInt32BE(at + 8);
      const batch = Buffer.from(records.subarray(at, at + size));
      batch.writeBigInt64BE(BigInt(log.end), 0);
      const base = log.end;
      log.end += batch.readInt32BE(23) + 1;
      log.batches.push({ batch, last: log.end - 1 });
      at += size;
      if (at >= records.length) {
        for (const wake of waiting) wake();
        return base;
      }
    }
    return log.end;
  }

  const calls = {
    18: (_request, reply) => {
      const keys = Object.entries(versions);
      reply
        .i16(0)
        .array(keys, ([key, version]) => reply.i16(Number(key)).i16(version).i16(version));
    },
    3: (request, reply) => {
      const names = request.array(() => request.text());
      const known = names.length > 0 ? names : [...logs.keys()];
      reply.array([0], () => reply.i32(1).text(host).i32(port).text(null)).i32(1);
      reply.array(known, (name) => {
        logOf(name);
        reply.i16(0).text(name).i8(0);
        reply.array([0], () => {
          reply.i16(0).i32(0).i32(1);
          reply.array([1], (id) => reply.i32(id)).array([1], (id) => reply.i32(id));
        });
      });
    },
    0: (request, reply) => {
      request.text();
      request.i16();
      request.i32();
      const list = request.topics(() => ({ id: request.i32(), records: request.bytes() }));
      topics(reply, list, ({ id, records }, name) => {
        reply.i32(id).i16(0).i64(append(name, records)).i64(-1);
      }).i32(0);
    },
    async 1(request, reply) {
      request.i32();
      const maxWaitMs = request.i32();
      for (let i = 0; i < 2; i++) request.i32();
      request.i8();
      const list = request.topics(() => ({
        id: request.i32(),
        offset: request.i64(),
        max: request.i32(),
      }));
      const empty = () =>
        list.every(({ name, partitions }) =>
          partitions.every(({ offset }) => logOf(name).end <= offset),
        );
      if (empty()) {
        await new Promise((resolve) => {
          const wake = () => {
            clearTimeout(timer);
            waiting.delete(wake);
            resolve();
          };
          const timer = setTimeout(wake, maxWaitMs);
          waiting.add(wake);
        });
      }
      reply.i32(0);
      topics(reply, list, ({ id, offset }, name) => {
        const { batches, end } = logOf(name);
        const records = Buffer.concat(
          batches.filter(({ last }) => last >= offset).map(({ batch }) => batch),
        );
        reply.i32(id).i16(0).i64(end).i64(end).i32(-1).bytes(records);
      });
    },
    2: (request, reply) => {
      request.i32();
      const list = request.topics(() => ({ id: request.i32(), time: request.i64() }));
      topics(reply, list, ({ id, time }, name) => {
        reply
          .i32(id)
          .i16(0)
          .i64(-1)
          .i64(time === -2 ? 0 : logOf(name).end);
      });
    },
    10: (_request, reply) => reply.i16(0).i32(1).text(host).i32(port),
    11: (request, reply) => {
      request.text();
      request.i32();
      const member = request.text() || "member-1";
      request.text();
      const [protocol] = request.array(() => ({ name: request.text(), metadata: request.bytes() }));
      generation += 1;
      reply.i16(0).i32(generation).text(protocol.name).text(member).text(member);
      reply.array([member], () => reply.text(member).bytes(protocol.metadata));
    },
    14: (request, reply) => {
      request.text();
      request.i32();
      request.text();
      const [mine] = request.array(() => ({ member: request.text(), assignment: request.bytes() }));
      reply.i16(0).bytes(mine?.assignment ?? Buffer.alloc(0));
    },
    12: (_request, reply) => reply.i16(0),
    13: (_request, reply) => reply.i16(0),
    9: (request, reply) => {
      request.text();
      const list = request.topics(() => request.i32());
      topics(reply, list, (id, name) =>
        reply
          .i32(id)
          .i64(committed.get(name) ?? -1)
          .text("")
          .i16(0),
      );
    },
    8: (request, reply) => {
      request.text();
      request.i32();
      request.text();
      request.i64();
      const list = request.topics(() => ({
        id: request.i32(),
        offset: request.i64(),
        note: request.text(),
      }));
      topics(reply, list, ({ id, offset }, name) => {
        committed.set(name, offset);
        reply.i32(id).i16(0);
      });
    },
  };
  return calls;
}

function serve(socket, calls) {
  let buffer = Buffer.alloc(0);
  let queue = Promise.resolve();
  socket.on("error", () => {});
  socket.on("data", (chunk) => {
    buffer = Buffer.concat([buffer, chunk]);
    while (buffer.length >= 4 && buffer.length >= 4 + buffer.readInt32BE(0)) {
      const size = buffer.readInt32BE(0);
      const request = new Reader(Buffer.from(buffer.subarray(4, 4 + size)));
      buffer = buffer.subarray(4 + size);
      const key = request.i16();
      request.i16();
      const correlation = request.i32();
      request.text();
      const reply = new Writer().i32(correlation);
      // A connection's requests are answered in order.
      queue = queue.then(async () => {
        await calls[key](request, reply);
        const body = Buffer.concat(reply.parts);
        const head = Buffer.alloc(4);
        head.writeInt32BE(body.length);
        socket.write(Buffer.concat([head, body]));
      });
    }
  });
}

export function serveKafka() {
  const calls = broker();
  createServer((socket) => serve(socket, calls)).listen(port, ready);
}

/** A peer that speaks as much of MongoDB's protocol (OP_MSG with BSON) as the programs here use, from memory. */
import { createServer } from "node:net";
import mongoose from "mongoose";
import { port, ready } from "../roles.mjs";

const { BSON } = mongoose.mongo;
const OP_REPLY = 1;
const OP_QUERY = 2004;
const OP_MSG = 2013;

const collections = new Map();

function matches(document, filter) {
  return Object.entries(filter).every(([key, wanted]) => {
    if (wanted?.$in) return wanted.$in.includes(document[key]);
    return document[key] === wanted;
  });
}

function find({ filter = {}, sort, limit }, name) {
  const found = (collections.get(name) ?? []).filter((document) => matches(document, filter));
  for (const [key, direction] of Object.entries(sort ?? {})) {
    found.sort((a, b) => direction * (a[key] - b[key]));
  }
  return limit > 0 ? found.slice(0, limit) : found;
}

const commands = {
  hello: () => ({
    isWritablePrimary: true,
    ismaster: true,
    helloOk: true,
    maxBsonObjectSize: 16_777_216,
    maxMessageSizeBytes: 48_000_000,
    maxWriteBatchSize: 100_000,
    minWireVersion: 0,
    maxWireVersion: 21,
    readOnly: false,
    localTime: new Date(),
  }),
  ping: () => ({}),
  endSessions: () => ({}),
  insert({ insert: name, documents }) {
    const all = collections.get(name) ?? [];
    collections.set(name, all);
    for (const [index, document] of documents.entries()) {
      if (all.some(({ _id }) => _id === document._id)) {
        const keyPattern = { _id: 1 };
        const errmsg = "E11000 duplicate key error";
        return { n: index, writeErrors: [{ index, code: 11_000, errmsg, keyPattern }] };
      }
      all.push(document);
    }
    return { n: documents.length };
  },
  find(command) {
    const name = command.find;
    return { cursor: { id: BSON.Long.ZERO, ns: `d.${name}`, firstBatch: find(command, name) } };
  },
  aggregate({ aggregate: name, pipeline }) {
    // Counting is all that is asked of it.
    const n = find({ filter: pipeline[0].$match }, name).length;
    return {
      cursor: { id: BSON.Long.ZERO, ns: `d.${name}`, firstBatch: n > 0 ? [{ _id: 1, n }] : [] },
    };
  },
  update({ update: name, updates: [{ q, u }] }) {
    const found = find({ filter: q }, name);
    for (const document of found) Object.assign(document, u.$set);
    return { n: found.length, nModified: found.length };
  },
  delete({ delete: name, deletes: [{ q }] }) {
    const gone = new Set(find({ filter: q, limit: 1 }, name));
    collections.set(
      name,
      collections.get(name).filter((document) => !gone.has(document)),
    );
    return { n: gone.size };
  },
};
commands.ismaster = commands.hello;
commands.isMaster = commands.hello;

/** The command of a message: its body, and the documents that follow it. */
function commandOf(message) {
  if (message.readInt32LE(12) === OP_QUERY) {
    const start = message.indexOf(0, 20) + 1 + 8;
    return BSON.deserialize(message.subarray(start));
  }
  const command = {};
  for (let at = 20; at < message.length;) {
    const kind = message[at++];
    const end = at + message.readInt32LE(at);
    if (kind === 0) {
      Object.assign(command, BSON.deserialize(message.subarray(at, end), { promoteValues: true }));
    } else {
      const nameEnd = message.indexOf(0, at + 4);
      const documents = [];
      for (let next = nameEnd + 1; next < end; next += message.readInt32LE(next)) {
        documents.push(BSON.deserialize(message.subarray(next, next + message.readInt32LE(next))));
      }
      command[message.toString("utf8", at + 4, nameEnd)] = documents;
    }
    at = end;
  }
  return command;
}

function answer(socket, message) {
  const command = commandOf(message);
  const run = commands[Object.keys(command)[0]];
  const reply = BSON.serialize(
    run === undefined
      ? {
          ok: 0,
          code: 59,
          codeName: "CommandNotFound",
          errmsg: `no such command: ${Object.keys(command)[0]}`,
        }
      : { ...run(command), ok: 1 },
  );
  const old = message.readInt32LE(12) === OP_QUERY;
  const head = Buffer.alloc(old ? 36 : 21);
  head.writeInt32LE(head.length + reply.length, 0);
  head.writeInt32LE(message.readInt32LE(4), 8);
  head.writeInt32LE(old ? OP_REPLY : OP_MSG, 12);
  if (old) head.writeInt32LE(1, 32);
  socket.write(Buffer.concat([head, reply]));
}

export function serveMongo() {
  createServer((socket) => {
    let rest = Buffer.alloc(0);
    socket.on("error", () => {});
    socket.on("data", (chunk) => {
      rest = Buffer.concat([rest, chunk]);
      while (rest.length >= 4 && rest.length >= rest.readInt32LE(0)) {
        const length = rest.readInt32LE(0);
        answer(socket, rest.subarray(0, length));
        rest = rest.subarray(length);
      }
    });
  }).listen(port, ready);
}

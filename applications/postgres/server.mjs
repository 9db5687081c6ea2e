/**
 * A PostgreSQL server as an ordinary program: PGlite (PostgreSQL as WebAssembly) behind its socket server. `PORT` says
 * where it listens, `SQL_FILES` names files with SQL to run first, relative to `applications` and separated by colons.
 * Its data is in memory.
 */
import { readFileSync } from "node:fs";
import { PGlite } from "@electric-sql/pglite";
import { PGLiteSocketServer } from "@electric-sql/pglite-socket";

const { PORT = "5432", SQL_FILES = "" } = process.env;
const db = await PGlite.create();
for (const file of SQL_FILES.split(":").filter(Boolean)) {
  await db.exec(readFileSync(new URL(`../${file}`, import.meta.url), "utf8"));
}
const server = new PGLiteSocketServer({
  db,
  port: Number(PORT),
  host: "0.0.0.0",
  maxConnections: 100,
});
keepTogether(server.queryQueue);
await server.start();
console.log(`PostgreSQL listens on port ${PORT}`);

/**
 * Lets the messages of one query run together. The socket server runs each by itself, so that the unnamed statement of
 * one connection would be taken for that of another, whose messages came between.
 */
function keepTogether(queue) {
  const [SYNC, QUERY, TERMINATE, FLUSH] = Buffer.from("SQXH");
  const ends = new Set([SYNC, QUERY, TERMINATE, FLUSH, 0]);
  const held = new Map();
  const enqueue = queue.enqueue.bind(queue);
  queue.enqueue = async (connection, message, onData) => {
    const waiting = held.get(connection) ?? [];
    // A connection's first message has no type; its length begins with a zero.
    if (!ends.has(message[0])) {
      held.set(connection, [...waiting, message]);
      return 0;
    }
    held.delete(connection);
    return enqueue(connection, new Uint8Array(Buffer.concat([...waiting, message])), onData);
  };
  const forget = queue.clearQueueForHandler.bind(queue);
  queue.clearQueueForHandler = (connection) => {
    held.delete(connection);
    forget(connection);
  };
}

/**
 * PostgreSQL itself (PGlite, as WebAssembly) behind its protocol on a port, its data in memory. It has one session,
 * which connections take turns with; whoever is in a transaction keeps it until the end.
 */
import { PGlite } from "@electric-sql/pglite";
import { dataDir } from "@electric-sql/pglite-prepopulatedfs";
import { createServer } from "node:net";
import { port, ready } from "../roles.mjs";

const SSL_REQUEST = 80_877_103;
const [SYNC, QUERY, FLUSH, TERMINATE, READY] = ["S", "Q", "H", "X", "Z"].map((c) =>
  c.charCodeAt(0),
);
const IDLE = "I".charCodeAt(0);

function message(type, ...parts) {
  const body = Buffer.concat(parts);
  const head = Buffer.alloc(5);
  head.write(type);
  head.writeInt32BE(body.length + 4, 1);
  return Buffer.concat([head, body]);
}

/** What a server says to somebody who has just come. */
const welcome = Buffer.concat([
  message("R", Buffer.alloc(4)),
  message("S", Buffer.from("server_version\u000017.5\0")),
  message("S", Buffer.from("client_encoding\0UTF8\0")),
  message("S", Buffer.from("standard_conforming_strings\0on\0")),
  message("Z", Buffer.from("I")),
]);

class Session {
  #db;
  #owner;
  #waiting = [];

  constructor(db) {
    this.#db = db;
  }

  /** Runs what `connection` asks, once the session is free. */
  run(connection, bytes) {
    return new Promise((resolve, reject) => {
      this.#waiting.push({ connection, bytes, resolve, reject });
      void this.#next();
    });
  }

  /** A connection has ended, perhaps in the midst of a transaction. */
  async leave(connection) {
    this.#waiting = this.#waiting.filter((one) => one.connection !== connection);
    if (this.#owner !== connection) return;
    await this.#db.execProtocolRaw(message("Q", Buffer.from("rollback\0")));
    this.#owner = undefined;
    void this.#next();
  }

  #busy = false;

  async #next() {
    if (this.#busy) return;
    const at = this.#waiting.findIndex(
      ({ connection }) => this.#owner === undefined || connection === this.#owner,
    );
    if (at < 0) return;
    const [{ connection, bytes, resolve, reject }] = this.#waiting.splice(at, 1);
    this.#busy = true;
    try {
      const answer = Buffer.from(await this.#db.execProtocolRaw(bytes));
      // Its last message says whether a transaction is open.
      const status = answer.at(-6) === READY ? answer.at(-1) : IDLE;
      this.#owner = status === IDLE ? undefined : connection;
      resolve(answer);
    } catch (error) {
      reject(error);
    }
    this.#busy = false;
    void this.#next();
  }
}

export async function servePostgres() {
  // A folder that `initdb` has been through already: that takes most of a start.
  const session = new Session(await PGlite.create({ loadDataDir: await dataDir() }));
  createServer((socket) => {
    let rest = Buffer.alloc(0);
    let started = false;
    let asked = Promise.resolve();
    socket.on("error", () => {});
    socket.on("close", () => void session.leave(socket));
    // What is asked runs as a whole: from its first message to the one that wants an answer.
    let batch = [];
    socket.on("data", (chunk) => {
      rest = Buffer.concat([rest, chunk]);
      for (;;) {
        const head = started ? 1 : 0;
        if (rest.length < head + 4 || rest.length < head + rest.readInt32BE(head)) return;
        const end = head + rest.readInt32BE(head);
        const bytes = rest.subarray(0, end);
        rest = rest.subarray(end);
        if (!started) {
          started = bytes.readInt32BE(4) !== SSL_REQUEST;
          socket.write(started ? welcome : "N");
        } else if (bytes[0] === TERMINATE) socket.end();
        else {
          batch.push(bytes);
          if (![SYNC, QUERY, FLUSH].includes(bytes[0])) continue;
          const whole = Buffer.concat(batch);
          batch = [];
          asked = asked
            .then(() => session.run(socket, whole))
            .then(
              (answer) => socket.write(answer),
              () => socket.destroy(),
            );
        }
      }
    });
  }).listen(port, ready);
}

/** nats against a scripted peer that speaks the NATS protocol: publish, subscribe, request, drain. */
import { connect, StringCodec } from "nats";
import { createServer } from "node:net";
import { host, port, ready, roles, say } from "./roles.mjs";

/** As much of a NATS server as these clients ask for: subjects without wildcards. */
function serve(socket, everyone) {
  const mine = new Map();
  everyone.set(socket, mine);
  let buffer = Buffer.alloc(0);
  socket.write(
    `INFO ${JSON.stringify({ server_id: "S", version: "2.9.0", proto: 1, headers: true, max_payload: 1048576 })}\r\n`,
  );
  socket.on("close", () => everyone.delete(socket));
  socket.on("error", () => {});
  socket.on("data", (chunk) => {
    buffer = Buffer.concat([buffer, chunk]);
    for (;;) {
      const end = buffer.indexOf("\r\n");
      if (end < 0) return;
      const [verb, ...args] = buffer.toString("latin1", 0, end).split(" ");
      if (verb.toUpperCase() === "PUB") {
        const size = Number(args.at(-1));
        if (buffer.length < end + 4 + size) return;
        const body = buffer.subarray(end + 2, end + 2 + size);
        buffer = buffer.subarray(end + 4 + size);
        const [subject, reply] = args.length === 3 ? args : [args[0]];
        for (const [peer, subscriptions] of everyone) {
          for (const [sid, pattern] of subscriptions) {
            const matches =
              pattern === subject ||
              (pattern.endsWith(".*") && subject.startsWith(pattern.slice(0, -1)));
            if (!matches) continue;
            peer.write(`MSG ${subject} ${sid} ${reply ? `${reply} ` : ""}${size}\r\n`);
            peer.write(body);
            peer.write("\r\n");
          }
        }
        continue;
      }
      buffer = buffer.subarray(end + 2);
      if (verb.toUpperCase() === "PING") socket.write("PONG\r\n");
      else if (verb.toUpperCase() === "SUB") mine.set(args.at(-1), args[0]);
      else if (verb.toUpperCase() === "UNSUB" && args.length === 1) mine.delete(args[0]);
    }
  });
}

await roles({
  server() {
    const everyone = new Map();
    createServer((socket) => serve(socket, everyone)).listen(port, ready);
  },
  async client() {
    const codec = StringCodec();
    const [a, b] = [
      await connect({ servers: `${host}:${port}` }),
      await connect({ servers: `${host}:${port}` }),
    ];
    const subscription = a.subscribe("news", { max: 2 });
    a.subscribe("double", {
      callback: (_error, message) =>
        message.respond(codec.encode(String(2 * Number(codec.decode(message.data))))),
    });
    await a.flush();
    b.publish("news", codec.encode("one"));
    b.publish("news", codec.encode("two"));
    const heard = [];
    for await (const message of subscription) heard.push(codec.decode(message.data));
    say("heard", heard);
    const answer = await b.request("double", codec.encode("21"), { timeout: 5_000 });
    say("request", codec.decode(answer.data));
    await b.drain();
    say("drained", b.isClosed());
    await a.close();
  },
});

/** A little of every module that is simulated, on two hosts: `server` and `client`. */
import { AsyncLocalStorage } from "node:async_hooks";
import { fork } from "node:child_process";
import { createHash, randomBytes, randomUUID, scrypt } from "node:crypto";
import { createSocket } from "node:dgram";
import { lookup } from "node:dns/promises";
import { EventEmitter, once } from "node:events";
import { appendFileSync, watch } from "node:fs";
import { mkdir, open, readdir, rename } from "node:fs/promises";
import http from "node:http";
import http2 from "node:http2";
import https from "node:https";
import net from "node:net";
import os from "node:os";
import { performance } from "node:perf_hooks";
import { createInterface } from "node:readline";
import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { setTimeout as delay } from "node:timers/promises";
import tls from "node:tls";
import { inspect, promisify } from "node:util";
import { Worker } from "node:worker_threads";
import { gunzipSync, gzip } from "node:zlib";

const { CERT: cert, KEY: key } = process.env;
const child = new URL("./child.mjs", import.meta.url);

function say(...values) {
  console.log(
    values.map((value) => (typeof value === "string" ? value : inspect(value))).join(" "),
  );
}

async function server() {
  net.createServer((socket) => socket.pipe(socket)).listen(1000);
  http.createServer((request, response) => request.pipe(response)).listen(1001);
  https.createServer({ cert, key }, (_request, response) => response.end("secret")).listen(1002);
  tls.createServer({ cert, key }, (socket) => socket.end("bye")).listen(1003);
  http2.createServer((request, response) => response.end(request.headers[":path"])).listen(1004);
  const udp = createSocket("udp4");
  udp.on("message", (message, { port, address }) => udp.send(message, port, address));
  udp.bind(1005);
  process.on("SIGTERM", () => say("terminated"));
  await delay(20_000);
  process.kill(process.pid, "SIGTERM");
}

async function client() {
  const storage = new AsyncLocalStorage();
  await storage.run({ id: 7 }, async () => {
    await delay(3);
    say("storage", storage.getStore());
  });
  say("dns", await lookup("server"));
  const socket = net.connect(1000, "server");
  socket.write("over tcp");
  say("net", String((await once(socket, "data"))[0]));
  socket.end();
  const post = http.request("http://server:1001/", { method: "POST" });
  post.end("over http");
  const [posted] = await once(post, "response");
  say(
    "http",
    posted.statusCode,
    (await posted.setEncoding("utf8").toArray()).join(""),
    posted.headers.date,
  );
  const request = https.get("https://server:1002/", { ca: cert, servername: "localhost" });
  const [response] = await once(request, "response");
  say("https", response.statusCode, (await response.setEncoding("utf8").toArray()).join(""));
  const secure = tls.connect({ host: "server", port: 1003, ca: cert, servername: "localhost" });
  say("tls", String((await once(secure, "data"))[0]), secure.authorized);
  const session = http2.connect("http://server:1004");
  const stream = session.request({ ":path": "/over-http2" });
  say("http2", (await stream.setEncoding("utf8").toArray()).join(""));
  session.close();
  const udp = createSocket("udp4");
  udp.send("over udp", 1005, "server");
  say("dgram", String((await once(udp, "message"))[0]));
  udp.close();

  await mkdir("/data");
  const watcher = watch("/data");
  const changed = once(watcher, "change");
  const file = await open("/data/a", "w");
  await file.write("one\ntwo\n");
  await file.sync();
  await file.close();
  appendFileSync("/data/a", "three\n");
  await rename("/data/a", "/data/b");
  const again = await open("/data/b");
  const { buffer, bytesRead } = await again.read(Buffer.alloc(100));
  await again.close();
  const text = buffer.toString("utf8", 0, bytesRead);
  say("fs", text, await readdir("/data"), (await changed)[0]);
  watcher.close();
  const lines = [];
  const input = Readable.from(["x\ny", "\nz\n"]);
  for await (const line of createInterface({ input })) lines.push(line);
  say("readline", lines);
  const packed = await promisify(gzip)("a".repeat(10_000));
  say("zlib", packed.length, gunzipSync(packed).length);
  const salted = await promisify(scrypt)("password", "salt", 16);
  say("crypto", randomUUID(), randomBytes(4).toString("hex"), salted.toString("hex"));
  say(
    "subtle",
    createHash("sha256")
      .update(new Uint8Array(await crypto.subtle.digest("SHA-256", packed)))
      .digest("hex"),
  );
  let piped = "";
  await pipeline(Readable.from(["p", "q"]), async function (source) {
    for await (const chunk of source) piped += chunk;
  });
  say("stream", piped, Math.random(), performance.now() > 0, process.uptime() > 0, os.hostname());
  const worker = new Worker(child, { workerData: 20 });
  say("worker", (await once(worker, "message"))[0], (await once(worker, "exit"))[0]);
  const forked = fork(child, ["22"]);
  say("fork", (await once(forked, "message"))[0], (await once(forked, "exit"))[0]);
  const emitter = new EventEmitter();
  const controller = new AbortController();
  setTimeout(() => controller.abort(), 5);
  const aborted = await once(emitter, "never", { signal: controller.signal }).catch(
    (error) => error.name,
  );
  say("abort", aborted, await Promise.race([delay(50, "late"), delay(5, "soon")]));
  process.exitCode = 3;
}

await (process.argv[2] === "server" ? server() : client());

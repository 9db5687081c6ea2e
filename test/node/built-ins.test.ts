/** JavaScript's and Node's built-ins that a simulated host makes its own: time, chance, memory, the web's. */
import { describe, expect, it } from "vitest";
import { both, hosted } from "./arms.ts";

describe("Date and Intl", () => {
  it("are the real ones in all but the time", async () => {
    await both(
      `
      const d = new Date(2024, 1, 29, 12, 30, 15, 250);
      console.log(d.toISOString(), String(d), d.toLocaleString(), d.toLocaleDateString("de"), d.getTimezoneOffset(), JSON.stringify({ d }));
      console.log(typeof Date(), Date().length > 20, Date.length, Date.name, Date.UTC(2020, 0), Date.parse("2020-01-01"), new Date("nonsense").getTime());
      class Mine extends Date { year() { return this.getFullYear(); } static make() { return new this(0); } }
      console.log(Mine.make() instanceof Mine, Mine.make() instanceof Date, new Mine(2020, 1).year(), Mine.now() > 0, new Date() instanceof Date, Object.prototype.toString.call(new Date()));
      console.log(Math.abs(new Date() - Date.now()) < 60_000, new Date(new Date(5)).getTime(), Math.abs(new (new Date(5).constructor)() - Date.now()) < 60_000, structuredClone(new Date(7)) instanceof Date);
      console.log(Intl.DateTimeFormat().resolvedOptions().timeZone, new Intl.DateTimeFormat("en-GB", { dateStyle: "full", timeStyle: "long" }).format(d), new Intl.NumberFormat("de").format(1234.5));
      console.log(new Intl.DateTimeFormat("en-US").formatToParts(d).length, new Intl.DateTimeFormat() instanceof Intl.DateTimeFormat, new Intl.RelativeTimeFormat("en").format(-1, "day"), ["b", "a", "ä"].sort(new Intl.Collator("de").compare));`,
    );
  });

  it("are in UTC, wherever the run takes place", async () => {
    const before = process.env["TZ"];
    process.env["TZ"] = "Asia/Tokyo";
    try {
      const { stdout } = await hosted(
        `console.log(new Date(0).getHours(), Intl.DateTimeFormat().resolvedOptions().timeZone, String(new Date(0)));`,
      );
      expect(stdout).toBe("0 UTC Thu Jan 01 1970 00:00:00 GMT+0000 (Coordinated Universal Time)\n");
      expect(new Date(0).getHours()).toBe(9);
    } finally {
      if (before === undefined) delete process.env["TZ"];
      else process.env["TZ"] = before;
    }
  });

  it("tell the host's time, which passes as the world's does", async () => {
    const { stdout } = await hosted(`
      const a = new Date(), p = performance.now(), h = process.hrtime(); await new Promise((r) => setTimeout(r, 86_400_000 / 200));
      console.log(new Date() - a, Math.round(performance.now() - p), process.hrtime(h), performance.timeOrigin > 0);
      console.log(new Intl.DateTimeFormat("en-CA", { timeStyle: "medium" }).format() === new Intl.DateTimeFormat("en-CA", { timeStyle: "medium" }).format(new Date()));`);
    expect(stdout).toBe("432000 432000 [ 432, 0 ] true\ntrue\n");
  });
});

describe("crypto", () => {
  const draws = `
    import crypto, { randomBytes, randomUUID, randomInt, generateKeyPairSync } from "node:crypto";
    console.log(Math.random(), randomBytes(8).toString("hex"), randomUUID(), randomInt(1000), globalThis.crypto.randomUUID(), crypto.getRandomValues(new Uint8Array(4)));`;

  it("draws from the seed, and from it alone", async () => {
    const [first, again, other] = await Promise.all(
      [1, 1, 2].map((seed) => hosted(draws, { seed })),
    );
    expect(again?.stdout).toBe(first?.stdout);
    expect(other?.stdout).not.toBe(first?.stdout);
    expect(first?.stdout).toMatch(/[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab]/);
  });

  it("computes as the real one does, at once or later", async () => {
    await both(`
      import crypto from "node:crypto"; import { promisify } from "node:util";
      console.log(crypto.createHash("sha256").update("x").digest("hex"), crypto.createHmac("md5", "k").update("x").digest("base64"));
      console.log((await promisify(crypto.pbkdf2)("p", "s", 10, 16, "sha1")).toString("hex"), crypto.scryptSync("p", "s", 16).toString("hex"), Buffer.from(await promisify(crypto.hkdf)("sha256", "k", "s", "i", 8)));
      const key = Buffer.alloc(32, 1), iv = Buffer.alloc(12, 2), cipher = crypto.createCipheriv("aes-256-gcm", key, iv);
      console.log(cipher.update("text", "utf8", "hex") + cipher.final("hex"), cipher.getAuthTag().toString("hex"), crypto.timingSafeEqual(key, key));
      console.log(Buffer.from(await crypto.subtle.digest("SHA-1", new TextEncoder().encode("x"))).toString("hex"), crypto.getHashes().includes("sha256"));
      console.log(crypto.randomBytes(5).length, (await promisify(crypto.randomFill)(new Uint8Array(3))).length, crypto.randomInt(5, 6));
      for (const f of [() => crypto.createHash("none"), () => crypto.randomBytes(-1), () => crypto.randomInt(3, 1), () => crypto.scrypt("a")]) try { f() } catch (e) { console.log(e.name, e.code) }
      let done = false; crypto.randomBytes(4, () => console.log("later", done)); done = true;`);
  });

  it("completes after a virtual time, the same on every machine", async () => {
    const { stdout } = await hosted(`
      import crypto from "node:crypto";
      const from = performance.now();
      crypto.pbkdf2("p", "s", 1000, 32, "sha512", () => console.log(performance.now() - from));`);
    expect(stdout).toBe("1\n");
  });
});

describe("zlib", () => {
  it("takes time for what is packed and unpacked, however many pieces there are", async () => {
    const { stdout } = await hosted(`
      import zlib from "node:zlib"; import { promisify } from "node:util"; import { randomBytes } from "node:crypto";
      const bytes = randomBytes(4_000_000), packed = zlib.gzipSync(bytes, { level: 1 }), before = Date.now();
      console.log((await promisify(zlib.gunzip)(packed)).equals(bytes), Date.now() - before);`);
    // A hundred megabytes a second, and 20 µs for each of 245 pieces of 16 KB.
    const [same, tookMs] = stdout.trim().split(" ");
    expect(same).toBe("true");
    expect(Number(tookMs)).toBeGreaterThan(30);
    expect(Number(tookMs)).toBeLessThan(60);
  });

  it("compresses in streams and calls, and reports what is broken", async () => {
    await both(`
      import zlib from "node:zlib"; import { promisify } from "node:util"; import { pipeline } from "node:stream/promises"; import { Readable } from "node:stream"; import { buffer } from "node:stream/consumers";
      const text = "lorem ipsum ".repeat(20_000);
      for (const [deflate, inflate] of [["gzip", "gunzip"], ["deflate", "inflate"], ["deflateRaw", "inflateRaw"], ["brotliCompress", "brotliDecompress"]]) {
        const packed = await promisify(zlib[deflate])(text);
        console.log(deflate, packed.length, (await promisify(zlib[inflate])(packed)).toString() === text, zlib[deflate + "Sync"](text).equals(packed));
      }
      const chunks = []; const gzip = zlib.createGzip({ level: 1 });
      await pipeline(Readable.from(text.match(/.{1,5000}/gs)), gzip, zlib.createGunzip(), async function* (source) { for await (const c of source) chunks.push(c); });
      console.log(Buffer.concat(chunks).toString() === text, gzip.bytesWritten);
      await promisify(zlib.gunzip)("nonsense").catch((e) => console.log(e.code, e.errno, e.message));
      const flushed = zlib.createDeflate(); flushed.write("x"); flushed.flush(() => console.log("flushed", flushed.read().length)); 
      zlib.createGunzip().on("error", (e) => console.log("event", e.code)).end("broken");`);
  });
});

describe("memory", () => {
  it("is never seen to be collected", async () => {
    const { stdout } = await hosted(`
      const ref = new WeakRef({ a: 1 }); let called = 0;
      const registry = new FinalizationRegistry(() => called++);
      for (let i = 0; i < 1000; i++) registry.register({ i, pad: new Array(100).fill(i) }, i);
      globalThis.gc?.(); await new Promise((r) => setTimeout(r, 10_000));
      console.log(ref.deref(), called, String(ref), registry instanceof FinalizationRegistry);
      console.log(process.memoryUsage(), process.memoryUsage.rss());`);
    expect(stdout).toMatch(/^\{ a: 1 \} 0 \[object WeakRef\] true\n\{\n {2}rss: 48000000,\n/);
  });

  it("that was not cleared is not seen either", async () => {
    const { stdout } = await hosted(`
      console.log([Buffer.allocUnsafe(4000), Buffer.allocUnsafeSlow(9000)].every((b) => b.every((x) => x === 0)));`);
    expect(stdout).toBe("true\n");
  });
});

describe("what the web has", () => {
  it("clones, aborts, encodes and queues as the real one does", async () => {
    await both(`
      const value = { m: new Map([[{ a: 1 }, new Set([1n])]]), d: new Date(5), r: /x/gi, b: new Uint8Array([1]), n: [, 1], u: undefined };
      value.self = value;
      const copy = structuredClone(value);
      console.log(copy, copy.self === copy, structuredClone(new RangeError("r")) instanceof RangeError);
      try { structuredClone({ f: Math.max }) } catch (e) { console.log(e.name, e.code, e.message) }
      const moved = new ArrayBuffer(8); const { buffer } = structuredClone({ buffer: moved }, { transfer: [moved] }); console.log(moved.byteLength, buffer.byteLength);
      const signal = AbortSignal.timeout(10); setTimeout(() => {}, 100); signal.addEventListener("abort", () => console.log("aborted", signal.reason.name, signal.reason.message)); await new Promise((r) => signal.addEventListener("abort", r));
      console.log(AbortSignal.abort("why").reason, AbortSignal.any([AbortSignal.abort(1), signal]).reason);
      const blob = new Blob(["héllo ", new Uint8Array([33])], { type: "text/plain" }), file = new File([blob], "f.txt", { lastModified: 5 });
      console.log(blob.size, blob.type, await blob.text(), await blob.slice(1, 4).text(), file.name, file.lastModified, await file.arrayBuffer(), file instanceof Blob);
      const form = new FormData(); form.append("a", "1"); form.append("f", file); console.log([...form.keys()], form.get("f") instanceof File, form.get("f").name);
      const headers = new Headers([["X-A", "1"], ["x-a", "2"], ["set-cookie", "c"]]); console.log([...headers], headers.getSetCookie());
      const response = new Response(JSON.stringify({ a: 1 }), { status: 201, headers: { "content-type": "application/json" } }); console.log(response.status, response.ok, await response.json());
      const request = new Request("http://x/y?z", { method: "POST", body: "b" }); console.log(request.method, request.url, await request.text());
      const target = new EventTarget(); target.addEventListener("e", (e) => console.log(e.type, e.detail, e instanceof CustomEvent), { once: true }); target.dispatchEvent(new CustomEvent("e", { detail: 4 })); target.dispatchEvent(new Event("e"));
      const stream = new ReadableStream({ start(c) { c.enqueue("a"); c.enqueue("b"); c.close(); } }).pipeThrough(new TextEncoderStream()).pipeThrough(new CompressionStream("gzip")).pipeThrough(new DecompressionStream("gzip"));
      console.log(await new Response(stream).text(), atob(btoa("x")), new URL("?q=1", "http://h/p").href, typeof navigator, queueMicrotask.name, typeof WebSocket, typeof EventSource);
      performance.mark("a"); performance.mark("b"); console.log(performance.measure("m", "a", "b").entryType, performance.getEntriesByType("mark").map((m) => m.name));
      await fetch("http://127.0.0.1:1/").catch((e) => console.log(e.name, e.message, e.cause.code));
      await fetch("nonsense").catch((e) => console.log(e.name, e.message, e.cause?.code));
      await fetch("data:text/plain,hi").then((r) => r.text()).then(console.log);`);
  });

  it("fetches, with bodies that stream, redirects, forms and an end to waiting", async () => {
    await both(`
      import http from "node:http"; import { once } from "node:events";
      const server = http.createServer(async (req, res) => {
        if (req.url === "/redirect") return res.writeHead(302, { location: "/final" }).end();
        if (req.url === "/slow") return void setTimeout(() => res.end("late"), 400);
        if (req.url === "/stream") { for (const part of ["a", "b", "c"]) { res.write(part); await new Promise((r) => setTimeout(r, 5)); } return res.end(); }
        let body = ""; for await (const chunk of req) body += chunk;
        res.setHeader("x-method", req.method); res.end(req.url + " " + (req.headers["content-type"] ?? "").split(";")[0] + " " + body.length);
      }).listen(0, "127.0.0.1"); await once(server, "listening");
      const base = "http://127.0.0.1:" + server.address().port;
      const redirected = await fetch(base + "/redirect"); console.log(redirected.redirected, redirected.status, await redirected.text());
      console.log(await (await fetch(base + "/stream")).text(), (await fetch(base + "/x", { method: "PUT", body: new URLSearchParams({ a: "b" }) })).headers.get("x-method"));
      await fetch(base + "/slow", { signal: AbortSignal.timeout(50) }).catch((e) => console.log(e.name));
      const form = new FormData(); form.set("k", new Blob(["v"])); console.log((await (await fetch(base + "/f", { method: "POST", body: form })).text()).replace(/\\d+$/, "n"));
      const streamed = await fetch(base + "/s", { method: "POST", duplex: "half", body: new ReadableStream({ start(c) { c.enqueue(new Uint8Array(10)); c.close(); } }) }); console.log(await streamed.text());
      server.close(); server.closeAllConnections();`);
  });
});

describe("what a program can learn of its machine", () => {
  const source = `
    import os from "node:os"; import v8 from "node:v8"; import { performance, monitorEventLoopDelay } from "node:perf_hooks"; import { randomUUID } from "node:crypto";
    console.log(os.hostname(), os.cpus(), os.totalmem(), os.freemem(), os.loadavg(), os.networkInterfaces(), os.userInfo(), os.uptime(), os.release(), os.arch(), os.tmpdir(), os.homedir(), os.availableParallelism());
    console.log(process.pid, process.ppid, process.memoryUsage(), process.cpuUsage(), process.resourceUsage(), process.uptime(), process.hrtime(), process.cwd() === process.argv[1].slice(0, -12), process.title, process.execPath, process.umask(), process.getuid());
    console.log(Date.now(), performance.now(), performance.timeOrigin, v8.getHeapStatistics(), globalThis.navigator?.hardwareConcurrency, randomUUID(), new Error("x").stack.split("\\n").length);`;

  it("is the same in every run of a seed", async () => {
    const first = await hosted(source);
    expect(first.code, first.stderr).toBe(0);
    for (let i = 0; i < 2; i++) {
      await hosted(
        `const keep = []; for (let i = 0; i < 1000; i++) keep.push(Buffer.allocUnsafe(100), Math.random());`,
      );
      expect(await hosted(source)).toEqual(first);
    }
  });

  it("is not the real machine's", async () => {
    const { stdout } = await hosted(source);
    expect(stdout).toContain("alone [\n");
    expect(stdout).toContain("Simulated CPU");
    expect(stdout).not.toContain(
      process.execPath === "/usr/local/bin/node" ? "never" : process.execPath,
    );
  });
});

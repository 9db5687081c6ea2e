/** Processes share nothing but code; a dead one is silent; what reaches out of a run is caught by name. */
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { describe, expect, it } from "vitest";
import {
  type CompiledProgram,
  compileProgram,
  simulate,
  startProgram,
} from "../../src/node/index.ts";
import { Host } from "../../src/sim/host.ts";
import { Kernel } from "../../src/sim/kernel.ts";
import { Network } from "../../src/sim/network/index.ts";
import { hosted, inFolder, type Setting } from "./arms.ts";

interface World {
  readonly kernel: Kernel;
  readonly host: Host;
  /** Starts the program once more; what it prints goes to `lines`. */
  start(name: string): ReturnType<Host["spawn"]>;
  readonly lines: string[];
}

/** A world of one host in which one compiled program can be started many times. */
function inWorld<T>(source: string, setting: Setting, body: (world: World) => T): Promise<T> {
  return inFolder(source, setting, async (entry) => {
    const program: CompiledProgram = await compileProgram({ entry });
    return simulate(() => {
      const kernel = new Kernel({ seed: 1 });
      const network = new Network(kernel);
      const host = new Host(kernel, { id: 1, name: "h" });
      network.attach(host);
      const lines: string[] = [];
      const start = (name: string): ReturnType<Host["spawn"]> => {
        const process = host.spawn();
        startProgram(process, program, {
          argv: [name],
          onOutput: (_stream, text) => lines.push(...text.trimEnd().split("\n")),
        });
        return process;
      };
      return body({ kernel, host, start, lines });
    });
  });
}

describe("two processes of one compiled program", () => {
  const probe = `
    import events, { EventEmitter } from "node:events";
    import stream from "node:stream";
    import net from "node:net";
    import fs from "node:fs";
    import util from "node:util";
    import timers from "node:timers";
    import { count } from "./state.js";
    const seen = [
      count(), globalThis.mark, EventEmitter.prototype.mark, EventEmitter.defaultMaxListeners,
      stream.Readable.prototype.mark, net.Socket.prototype.mark, fs.readFile.mark, fs.mark,
      util.inspect.defaultOptions?.mark, timers.setTimeout.mark, setTimeout.mark, Date.mark, Math.mark,
      process.listenerCount("SIGTERM"), process.listenerCount("uncaughtException"), process.env.MARK,
      process.title, process.exitCode, console.mark, typeof Error.prepareStackTrace, performance.mark.name,
      AbortSignal.prototype.mark, Headers.prototype.mark, fetch.mark, crypto.mark,
    ];
    console.log(process.argv[2], JSON.stringify(seen.map((value) => value ?? null)));
    globalThis.mark = EventEmitter.prototype.mark = stream.Readable.prototype.mark = 1;
    net.Socket.prototype.mark = fs.readFile.mark = fs.mark = timers.setTimeout.mark = Date.mark = Math.mark = 1;
    AbortSignal.prototype.mark = Headers.prototype.mark = fetch.mark = crypto.mark = setTimeout.mark = 1;
    EventEmitter.defaultMaxListeners = 99;
    Math.random = () => 0.5; Date.now = () => 0; console.mark = 1;
    process.on("SIGTERM", () => {}); process.on("uncaughtException", () => {});
    process.env.MARK = "1"; process.title = "changed";
    Error.prepareStackTrace = () => "changed";
    setTimeout(() => {}, 1e6);`;
  const files = { "state.js": `let n = 0; exports.count = () => ++n;` };

  it("share no state, no patched modules and no globals", async () => {
    const lines = await inWorld(probe, { files }, (world) => {
      for (const name of ["first", "second", "third"]) {
        world.start(name);
        world.kernel.run(world.kernel.nowNs + 1e9);
      }
      return world.lines;
    });
    const [first, second, third] = lines.map((line) => line.replace(/^\w+ /, ""));
    expect(first).toContain("[1,null,null,10,");
    expect(second).toBe(first);
    expect(third).toBe(first);
  });

  it("keep their own way to print a stack", async () => {
    const lines = await inWorld(
      `if (process.argv[2] === "a") {
         Error.prepareStackTrace = (error, frames) => "mine " + frames.length;
         Error.stackTraceLimit = 2;
       }
       setInterval(() => console.log(process.argv[2], new Error("x").stack.split("\\n")[0]), 10);`,
      {},
      (world) => {
        world.start("a");
        world.start("b");
        world.kernel.run(15e6);
        return world.lines;
      },
    );
    expect(lines).toEqual(["a mine 2", "b Error: x"]);
  });

  it("do not change the tests' own world either", async () => {
    await hosted(probe, { files });
    expect([Math.random() === 0.5, Date.now() > 0, "mark" in Date, "mark" in Math]).toEqual([
      false,
      true,
      false,
      false,
    ]);
    expect(new Error("x").stack).toContain("Error: x\n");
  });
});

describe("a run that is over", () => {
  it("is kept by nothing, though its server and its connection were open to the end", async () => {
    const source = `
      import { createServer, Agent, get } from "node:http";
      import { constants, createHash } from "node:crypto";
      createServer((request, response) => response.end(createHash("md5").digest("hex")))
        .listen(80, () => get({ agent: new Agent({ keepAlive: true }) }, (response) => {
          response.on("end", () => console.log("answered", constants.defaultCipherList.length > 0)).resume();
        }));`;
    let kernel: WeakRef<Kernel> | undefined;
    // Some files of Node's library keep the first process that loads them.
    for (let run = 0; run < 2; run++) {
      const lines = await inWorld(source, {}, (world) => {
        kernel = new WeakRef(world.kernel);
        world.start("a");
        world.kernel.run(1e9);
        return world.lines;
      });
      expect(lines).toEqual(["answered true"]);
    }
    setFlagsFromString("--expose-gc");
    const collect = runInNewContext("gc") as () => void;
    setFlagsFromString("--no-expose-gc");
    // Objects that were just read through a WeakRef are kept until the turn ends.
    for (let turn = 0; turn < 3; turn++) {
      await new Promise((resolve) => setTimeout(resolve, 1));
      collect();
    }
    expect(kernel?.deref()).toBeUndefined();
  });
});

describe("a process that is gone", () => {
  const busy = `
    import net from "node:net"; import http from "node:http"; import fs from "node:fs/promises";
    import { setTimeout as delay } from "node:timers/promises"; import { Worker } from "node:worker_threads";
    import { EventEmitter, once } from "node:events"; import { fork } from "node:child_process";
    const say = (text) => console.log(process.argv[2], text);
    setInterval(() => say("interval"), 7);
    (async () => { for (;;) { await delay(5); say("promise"); } })();
    (function again() { setImmediate(() => { setTimeout(again, 3); say("immediate"); }); })();
    const server = net.createServer((s) => s.on("data", (d) => { say("echo"); s.write(d); }).on("close", () => say("close")).on("error", () => say("error")));
    await once(server.listen(0), "listening");
    const socket = net.connect(server.address().port).on("data", (d) => setTimeout(() => socket.write(d), 2)).on("close", () => say("closed"));
    socket.write("x");
    (async () => { for (;;) { await fs.writeFile("/file", "x"); say("file"); await delay(1); } })();
    new Worker("setInterval(() => console.log('worker'), 4)", { eval: true });
    process.on("exit", () => say("exit")); process.on("SIGTERM", () => say("term")); process.on("beforeExit", () => say("beforeExit"));
    process.on("unhandledRejection", () => say("rejection"));
    try { await new Promise(() => {}); } finally { say("finally"); }`;
  const ends: Record<string, (world: World, process: ReturnType<World["start"]>) => void> = {
    "its machine loses power": ({ host }) => host.powerOff(),
    "it is terminated": (_world, process) => process.terminate({ code: null, signal: "SIGKILL" }),
    "all of its host are killed": ({ host }) => host.killAll(),
  };
  for (const [how, end] of Object.entries(ends)) {
    it(`never runs again when ${how}`, async () => {
      const { before, after } = await inWorld(busy, {}, (world) => {
        const process = world.start("p");
        world.kernel.run(100e6);
        const said = new Set(world.lines.map((line) => line.replace("p ", "")));
        end(world, process);
        world.lines.length = 0;
        world.kernel.run(20e9);
        return { before: [...said].sort(), after: world.lines };
      });
      expect(before).toEqual(["echo", "file", "immediate", "interval", "promise", "worker"]);
      expect(after).toEqual([]);
    });
  }

  it("leaves its host to the next, whose port and names are free again", async () => {
    const lines = await inWorld(
      `import net from "node:net";
       const server = net.createServer().listen(80, () => console.log(process.argv[2], "listens"));
       server.on("error", (e) => console.log(process.argv[2], e.code));`,
      {},
      (world) => {
        const first = world.start("first");
        world.kernel.run(1e9);
        world.start("second");
        world.kernel.run(2e9);
        first.terminate({ code: null, signal: "SIGKILL" });
        world.start("third");
        world.kernel.run(3e9);
        world.host.powerOff();
        world.host.powerOn();
        world.start("fourth");
        world.kernel.run(4e9);
        return world.lines;
      },
    );
    expect(lines).toEqual([
      "first listens",
      "second EADDRINUSE",
      "third listens",
      "fourth listens",
    ]);
  });

  it("has no effect on its disk or its output while it unwinds", async () => {
    const { stdout } = await hosted(`
      import fs from "node:fs"; import { fork } from "node:child_process";
      fs.writeFileSync("/kept", "x");
      if (process.argv[2] === "child") {
        try { process.exit(3); } finally { console.log("never"); fs.unlinkSync("/kept"); }
      } else {
        fork(process.argv[1], ["child"]).on("exit", (code) => console.log(code, fs.existsSync("/kept")));
      }`);
    expect(stdout).toBe("3 true\n");
  });
});

describe("an escape", () => {
  const attempts: Record<string, () => unknown> = {
    Date: () => new Date(),
    "Date.now": () => Date.now(),
    setTimeout: () => setTimeout(() => {}, 1),
    setInterval: () => setInterval(() => {}, 1),
    setImmediate: () => setImmediate(() => {}),
    "Math.random": () => Math.random(),
    "performance.now": () => performance.now(),
    "process.nextTick": () => process.nextTick(() => {}),
    "process.hrtime": () => process.hrtime(),
    fetch: () => fetch("http://localhost"),
  };
  for (const [what, attempt] of Object.entries(attempts)) {
    it(`to the real ${what} is caught where no process runs`, async () => {
      await expect(simulate(attempt)).rejects.toThrow(`code inside a run reached the real ${what}`);
    });
  }

  it("begins with buffers printed as Node does, whatever a run before has set", async () => {
    const program = (limit: string): string =>
      `import buffer from "node:buffer"; ${limit} console.log(Buffer.alloc(60));`;
    const { stdout: short } = await hosted(program("buffer.INSPECT_MAX_BYTES = 1;"));
    const { stdout: usual } = await hosted(program(""));
    expect(short).toBe("<Buffer 00 ... 59 more bytes>\n");
    expect(usual).toMatch(/^<Buffer (?:00 ){50}\.\.\. 10 more bytes>\n$/);
  });

  it("leaves what it reached for as it was", async () => {
    await expect(simulate(() => new Date())).rejects.toThrow("the real Date");
    expect(Date.now()).toBeGreaterThan(0);
    expect(new Date().constructor).toBe(Date);
  });

  it("through something kept from outside is caught, and names the host", async () => {
    const clock = performance;
    const kept = { now: () => clock.now() };
    const program = `import { now } from "kept"; try { now(); } catch (error) { console.log(error.code, error.message); }`;
    const text = await inFolder(program, {}, async (entry) => {
      const compiled = await compileProgram({ entry });
      return simulate(() => {
        const kernel = new Kernel({ seed: 1 });
        const host = new Host(kernel, { id: 1, name: "alone" });
        let output = "";
        startProgram(host.spawn(), compiled, {
          inject: { kept },
          onOutput: (_stream, chunk) => (output += chunk),
        });
        kernel.run(1e9);
        return output;
      });
    });
    expect(text).toBe(`LC_ESCAPE host "alone" reached the real performance.now\n`);
  });
});

describe("what is not simulated", () => {
  it("may be imported, and says its name when it is used", async () => {
    const uses: Record<string, string> = {
      "node:inspector.open": `inspector.open()`,
      "node:vm.measureMemory": `vm.measureMemory()`,
      "node:v8.writeHeapSnapshot": `v8.writeHeapSnapshot()`,
      "node:trace_events.createTracing": `trace.createTracing({ categories: ["v8"] })`,
      "node:repl.start": `repl.start()`,
      "node:wasi.WASI": `new wasi.WASI({ version: "preview1" })`,
      "Atomics.wait": `Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0)`,
    };
    const { stdout, stderr, code } = await hosted(`
      import inspector from "node:inspector"; import vm from "node:vm"; import v8 from "node:v8";
      import trace from "node:trace_events"; import repl from "node:repl"; import wasi from "node:wasi";
      import child from "node:child_process"; import cluster from "node:cluster"; import "node:test";
      import "node:diagnostics_channel"; import "node:sys"; import "node:tty"; import "node:domain";
      console.log("imported", cluster.isPrimary);
      ${Object.values(uses)
        .map(
          (use) =>
            `try { ${use}; console.log("did") } catch (e) { console.log(e.code, e.message) }`,
        )
        .join("\n")}`);
    expect(code, stderr).toBe(0);
    const [first, ...lines] = stdout.trimEnd().split("\n");
    expect(first).toBe("imported true");
    Object.keys(uses).forEach((name, i) => {
      expect(lines[i]).toMatch(/^LC_NOT_SIMULATED .*is not simulated$/);
      expect(lines[i]).toContain(name);
    });
  });
});

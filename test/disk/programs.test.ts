/** Programs that use `node:fs` and `require` on a simulated host, and what a crash does to their files. */
import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { simulate } from "../../src/node/index.ts";
import { startScript } from "../../src/node/program/script.ts";
import { diskOf, plantFile } from "../../src/sim/disk/index.ts";
import { Host } from "../../src/sim/host.ts";
import { Kernel } from "../../src/sim/kernel.ts";
import { Network } from "../../src/sim/network/index.ts";

/** A host with files, whose scripts can be run one after the other. */
class Machine {
  readonly kernel: Kernel;
  readonly host: Host;

  constructor(files: Readonly<Record<string, string>>, seed = 1) {
    this.kernel = new Kernel({ seed });
    this.host = new Host(this.kernel, { id: 1, name: "machine" });
    new Network(this.kernel).attach(this.host);
    for (const [path, text] of Object.entries(files)) {
      const bytes = Buffer.from(text);
      plantFile(diskOf(this.host).fs, path, () => bytes, { size: bytes.length });
    }
  }

  /** Runs a script to its end, or for a while; returns what it wrote. */
  run(path: string, forNs = 60e9): string {
    let output = "";
    startScript(this.host.spawn(), path, {
      onOutput: (_stream, text) => (output += text),
    });
    this.kernel.run(this.kernel.nowNs + forNs);
    return output;
  }

  crash(): void {
    this.host.powerOff();
    this.host.powerOn();
  }
}

/** The lines that a script writes on a machine of its own. */
async function linesOf(script: string, files: Readonly<Record<string, string>> = {}) {
  const output = await simulate(() =>
    new Machine({ ...files, "/app/main.js": script }).run("/app/main.js"),
  );
  return output.trimEnd().split("\n");
}

describe("a program that keeps a log", () => {
  const writer = `
    const fs = require("fs");
    fs.mkdirSync("/var/lib/app");
    const log = fs.openSync("/var/lib/app/log", "a");
    for (const [text, synced] of [["one", true], ["two", true], ["three", false]]) {
      fs.writeSync(log, text + "\\n");
      if (synced) fs.fsyncSync(log);
    }
    for (const directory of SYNCED) fs.fsyncSync(fs.openSync(directory, "r"));
    console.log("done");
    setInterval(() => {}, 1000);`;
  const reader = `
    const fs = require("fs");
    console.log(fs.existsSync("/var/lib/app/log") ? fs.readFileSync("/var/lib/app/log", "utf8") : "nothing");`;

  async function recovered(synced: readonly string[]): Promise<string> {
    return simulate(() => {
      const machine = new Machine({
        "/app/writer.js": writer.replace("SYNCED", JSON.stringify(synced)),
        "/app/reader.js": reader,
      });
      expect(machine.run("/app/writer.js", 5e9)).toBe("done\n");
      machine.crash();
      return machine.run("/app/reader.js");
    });
  }

  it("finds after a crash what it synced, if the names were synced as well", async () => {
    expect(await recovered(["/var/lib/app", "/var/lib"])).toBe("one\ntwo\n\n");
  });

  it("finds nothing when it forgot the directories", async () => {
    expect(await recovered(["/var/lib/app"])).toBe("nothing\n");
    expect(await recovered([])).toBe("nothing\n");
  });
});

describe("time and files", () => {
  it("an asynchronous call takes time, and the process goes on meanwhile", async () => {
    const lines = await linesOf(`
      const fs = require("fs");
      const start = process.hrtime.bigint();
      fs.writeFileSync("/tmp/data", "x");
      const fd = fs.openSync("/tmp/data", "r+");
      fs.fsync(fd, () => {
        const tookUs = Number(process.hrtime.bigint() - start) / 1000;
        console.log(tookUs > 200 && tookUs < 1500 ? "in time" : tookUs);
      });
      setImmediate(() => console.log("meanwhile"));`);
    expect(lines).toEqual(["meanwhile", "in time"]);
  });

  it("a file is as old as the host's clock says", async () => {
    const lines = await linesOf(`
      const fs = require("fs");
      fs.writeFileSync("/tmp/data", "x");
      const { mtimeMs } = fs.statSync("/tmp/data");
      console.log(new Date(mtimeMs).toISOString(), Math.floor(mtimeMs) <= Date.now());`);
    expect(lines).toEqual(["2026-01-01T00:00:00.000Z true"]);
  });

  it("the same seed gives the same run, another seed another", async () => {
    const script = `
      const fs = require("fs");
      const folder = fs.mkdtempSync("/tmp/run-");
      for (let i = 0; i < 20; i++) {
        fs.writeFile(folder + "/" + i, String(i), () => fs.readdir(folder, (_, names) => console.log(names.length)));
      }
      fs.createReadStream("/dev/urandom", { end: 7 }).on("data", (bytes) => console.log(bytes.toString("hex")));`;
    const fingerprint = (seed: number): Promise<string> =>
      simulate(() => {
        const machine = new Machine({ "/app/main.js": script }, seed);
        const output = machine.run("/app/main.js");
        return `${machine.kernel.fingerprint.digest()} ${output}`;
      });
    const first = await fingerprint(1);
    expect(await fingerprint(1)).toBe(first);
    expect(await fingerprint(2)).not.toBe(first);
  });
});

describe("watching", () => {
  it("tells what happened in a directory, in order, as inotify does", async () => {
    const lines = await linesOf(`
      const fs = require("fs");
      fs.mkdirSync("/tmp/dir");
      const watcher = fs.watch("/tmp/dir", (event, name) => console.log(event, name));
      fs.writeFileSync("/tmp/dir/a", "1");
      setTimeout(() => fs.renameSync("/tmp/dir/a", "/tmp/dir/b"), 10);
      setTimeout(() => fs.chmodSync("/tmp/dir/b", 0o600), 20);
      setTimeout(() => fs.unlinkSync("/tmp/dir/b"), 30);
      setTimeout(() => watcher.close(), 40);`);
    expect(lines).toEqual(["rename a", "change a", "rename a", "rename b", "change b", "rename b"]);
  });

  it("watchFile sees a change at the next look", async () => {
    const lines = await linesOf(`
      const fs = require("fs");
      fs.writeFileSync("/tmp/data", "1");
      fs.watchFile("/tmp/data", { interval: 100 }, (now, before) => {
        console.log(before.size, now.size);
        fs.unwatchFile("/tmp/data");
      });
      setTimeout(() => fs.appendFileSync("/tmp/data", "23"), 250);`);
    expect(lines).toEqual(["1 3"]);
  });
});

describe("require from the host's disk", () => {
  it("finds files, folders, packages and JSON, loads each once, and says what it cannot find", async () => {
    const lines = await linesOf(
      `
      console.log(require("./lib").name, require("./lib/index.js") === require("./lib"));
      console.log(require("./data").answer, require("plain"), require("modern/feature"));
      console.log(require.main === module, module.children.length, __filename, __dirname);
      try {
        require("./missing");
      } catch (error) {
        console.log(error.code, error.requireStack.join());
      }
      try {
        require("modern/hidden");
      } catch (error) {
        console.log(error.code);
      }`,
      {
        "/app/lib/index.js": `exports.name = require("path").basename(__dirname);`,
        "/app/data.json": `{ "answer": 42 }`,
        "/app/node_modules/plain/package.json": `{ "main": "start" }`,
        "/app/node_modules/plain/start.js": `module.exports = "plain";`,
        "/app/node_modules/modern/package.json": `{ "exports": { "./*": { "import": "./no.js", "require": "./lib/*.js" }, "./hidden": null } }`,
        "/app/node_modules/modern/lib/feature.js": `module.exports = "modern";`,
      },
    );
    expect(lines).toEqual([
      "lib true",
      "42 plain modern",
      "true 4 /app/main.js /app",
      "MODULE_NOT_FOUND /app/main.js",
      "ERR_PACKAGE_PATH_NOT_EXPORTED",
    ]);
  });

  it("gives a file the process's own globals, also those that it adds", async () => {
    const lines = await linesOf(`
      globalThis.added = 1;
      console.log(added, typeof setTimeout, globalThis === global, typeof leaked);
      const process = require("process");
      console.log(process === globalThis.process);`);
    expect(lines).toEqual(["1 function true undefined", "true"]);
  });
});

it("shows a process its limits as Linux does, in the same rows", async () => {
  const script = `
    const text = require("fs").readFileSync("/proc/self/limits", "utf8");
    const columns = (line) => [0, 26, 47, 68].map((from, i) => line.slice(from, [26, 47, 68][i]).trim());
    console.log(JSON.stringify(text.trimEnd().split("\\n").map(columns)));`;
  const rows = JSON.parse((await linesOf(script))[0] ?? "") as string[][];
  const files = rows.find(([name]) => name === "Max open files");
  // Node raises its soft limit to the hard one.
  expect(files).toEqual(["Max open files", "1048576", "1048576", "files"]);
  if (process.platform !== "linux") return;
  const real = readFileSync("/proc/self/limits", "utf8").trimEnd().split("\n");
  expect(rows.map(([name, , , units]) => [name, units])).toEqual(
    real.map((line) => [line.slice(0, 26).trim(), line.slice(68).trim()]),
  );
});

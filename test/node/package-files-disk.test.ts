/** The files that lie beside a program, as files of a host's disk: the same in each run, whatever the place. */
import { symlinkSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { describe, expect, it } from "vitest";
import {
  codeDigest,
  type CompiledProgram,
  compileProgram,
  simulate,
  startProgram,
} from "../../src/node/index.ts";
import { Host } from "../../src/sim/host.ts";
import { Kernel } from "../../src/sim/kernel.ts";
import { Network } from "../../src/sim/network/index.ts";
import { both, inFolder, runHosted, runReal } from "./arms.ts";

/** A host that runs programs one after the other. */
class Machine {
  readonly kernel: Kernel = new Kernel({ seed: 1 });
  readonly host: Host = new Host(this.kernel, { id: 1, name: "machine" });
  output = "";

  constructor() {
    new Network(this.kernel).attach(this.host);
  }

  run(program: CompiledProgram, ...argv: string[]): string {
    this.output = "";
    startProgram(this.host.spawn(), program, {
      argv,
      cwd: program.home ?? "/",
      onOutput: (_stream, text) => {
        this.output += text;
      },
    });
    this.kernel.run(this.kernel.nowNs + 1e9);
    return this.output;
  }

  crash(): void {
    this.host.powerOff();
    this.host.powerOn();
  }
}

const files = {
  "package.json": '{ "name": "app" }',
  "data/a.txt": "a",
  "data/b.txt": "b",
  "node_modules/pkg/package.json": '{ "name": "pkg", "version": "1.0.0", "main": "index.js" }',
  "node_modules/pkg/index.js": `exports.names = () => require("fs").readdirSync(__dirname);
    exports.text = () => require("fs").readFileSync(__dirname + "/z.txt", "utf8");`,
  "node_modules/pkg/z.txt": "z",
  "node_modules/pkg/deep/er/file": "",
};

function inRealFolder(placed: Readonly<Record<string, string>>): Record<string, string> {
  return Object.fromEntries(Object.entries(placed).map(([path, text]) => [`real/${path}`, text]));
}

const observer = `
  import { names, text } from "pkg";
  import * as fs from "node:fs";
  import { join } from "node:path";
  const data = join(import.meta.dirname, "data");
  fs.writeFileSync("/tmp/own", "1");
  const before = fs.statfsSync("/").ffree;
  console.log(fs.statSync("/tmp/own").ino, names(), text(), fs.readdirSync(data));
  fs.mkdirSync("/tmp/more");
  fs.writeFileSync(join(data, "new"), "2");
  const { ino, mtimeMs, nlink } = fs.statSync("/tmp/more");
  console.log(ino, nlink, fs.statSync(join(data, "new")).ino, before - fs.statfsSync("/").ffree);
  console.log(mtimeMs - fs.statSync(join(data, "a.txt")).mtimeMs >= 0, fs.readdirSync(data));
  const listed = fs.opendirSync(data), order = [];
  for (let entry; (entry = listed.readSync());) order.push(entry.name);
  console.log(order, fs.statSync(data).isDirectory(), fs.statSync(join(data, "b.txt")).mtimeMs);`;

describe("what lies beside a program", () => {
  it("is one folder, whether a program is reached through links or not", async () => {
    const source = `
      import * as fs from "node:fs";
      import { dirname, join } from "node:path";
      import { names } from "pkg";
      const [through, direct] = [dirname(process.argv[1]), import.meta.dirname];
      console.log(through === direct, process.cwd() === direct, fs.realpathSync(through) === direct);
      fs.writeFileSync(join(through, "data/a.txt"), "changed");
      fs.writeFileSync("data/new.txt", "new");
      fs.rmSync(join(direct, "data/b.txt"));
      for (const folder of [through, direct, "."]) {
        console.log(fs.readFileSync(join(folder, "data/a.txt"), "utf8"), fs.readdirSync(join(folder, "data")), names());
      }`;
    await inFolder(
      source,
      { name: "real/program.mjs", files: inRealFolder(files) },
      async (entry) => {
        const above = dirname(dirname(entry));
        symlinkSync("real", join(above, "link"));
        const linked = join(above, "link/program.mjs");
        const { stdout, stderr } = await runHosted(linked);
        expect(stdout, stderr).toBe(await runReal(linked).then((real) => real.stdout));
        expect(stdout).toContain("false true true\nchanged [ 'a.txt', 'new.txt' ]");
      },
    );
  });

  it("is the project that installed it, for a command of a package", async () => {
    const source = `
      import * as fs from "node:fs";
      import { names } from "pkg";
      console.log(fs.readFileSync("data/a.txt", "utf8"), fs.readdirSync(process.cwd()), names());`;
    const setting = {
      name: "node_modules/tool/bin/cli.mjs",
      files: { ...files, "node_modules/tool/package.json": '{ "name": "tool" }' },
    };
    await inFolder(source, setting, async (entry) => {
      const program = await compileProgram({ entry });
      expect(program.home).toBe(join(dirname(entry), "../../.."));
      const output = await simulate(() => new Machine().run(program));
      expect(output).toBe(
        "a [ 'data', 'node_modules', 'package.json' ] [ 'deep', 'index.js', 'package.json', 'z.txt' ]\n",
      );
    });
  });

  it("is the package and what it uses, for a package of another project that is asked for by its path", async () => {
    const other = {
      "node_modules/tool/package.json": '{ "name": "tool" }',
      "node_modules/tool/index.js": 'console.log(require("pkg").names());',
      ...files,
    };
    await inFolder("", { files: other }, (elsewhere) => {
      const source = `require(${JSON.stringify(join(dirname(elsewhere), "node_modules/tool"))});`;
      return both(source, { name: "program.cjs" });
    });
  });

  it("leaves the fingerprint of a run alone, wherever the program lies and whatever lies above", async () => {
    const fingerprints = new Set<string>();
    const outputs = new Set<string>();
    for (const place of ["", "some/where/deep down/", "node_modules_of/x/"]) {
      const placed = Object.fromEntries(
        Object.entries(files).map(([path, text]) => [place + path, text]),
      );
      const above = { "node_modules/unrelated/index.js": "", "package.json": "{}" };
      const setting = {
        name: `${place}program.mjs`,
        files: place === "" ? placed : { ...above, ...placed },
      };
      await inFolder(observer, setting, async (entry) => {
        const program = await compileProgram({ entry });
        const machine = await simulate(() => {
          const made = new Machine();
          made.run(program);
          return made;
        });
        fingerprints.add(machine.kernel.fingerprint.digest());
        outputs.add(machine.output);
      });
    }
    expect([...outputs]).toHaveLength(1);
    expect([...outputs][0]).toContain("[ 'deep', 'index.js', 'package.json', 'z.txt' ] z");
    expect([...fingerprints]).toHaveLength(1);
  });

  it("survives a crash as it was, or as it was when it was last synced", async () => {
    const source = `
      import * as fs from "node:fs";
      const [kept, lost, gone, more] = ["kept", "lost", "gone", "more"].map((n) => new URL("./d/" + n, import.meta.url));
      const folder = fs.openSync(new URL("./d", import.meta.url));
      if (process.argv[2] === "change") {
        const fd = fs.openSync(kept, "r+");
        fs.writeSync(fd, "KEPT"); fs.fsyncSync(fd);
        fs.writeFileSync(lost, "LOST");
        fs.unlinkSync(gone); fs.fsyncSync(folder);
        fs.writeFileSync(more, "more");
      }
      console.log(fs.readdirSync(new URL("./d", import.meta.url)).join(), fs.readFileSync(kept, "utf8"),
        fs.readFileSync(lost, "utf8"));`;
    const setting = { files: { "d/kept": "kept", "d/lost": "lost", "d/gone": "gone" } };
    await inFolder(source, setting, async (entry) => {
      const program = await compileProgram({ entry });
      const seen = await simulate(() => {
        const machine = new Machine();
        const before = machine.run(program, "look");
        const changed = machine.run(program, "change");
        machine.crash();
        return [before, changed, machine.run(program, "look")];
      });
      expect(seen).toEqual([
        "gone,kept,lost kept lost\n",
        "kept,lost,more KEPT LOST\n",
        "kept,lost KEPT lost\n",
      ]);
    });
  });

  it("is the same for all runs of a process, even when it changes outside meanwhile", async () => {
    await inFolder(observer, { files }, async (entry) => {
      const program = await compileProgram({ entry });
      const run = (): Promise<string> => simulate(() => new Machine().run(program));
      const first = await run();
      writeFileSync(join(dirname(entry), "node_modules/pkg/z.txt"), "changed");
      expect(await run()).toBe(first);
    });
  });

  it("is not read until somebody looks, however much it is", async () => {
    await inFolder(
      `import { wanted } from "lazy"; console.log(wanted(process.argv[2]));`,
      {
        files: {
          "node_modules/lazy/package.json": '{ "name": "lazy", "main": "i.js" }',
          "node_modules/lazy/i.js":
            "exports.wanted = (name) => require('fs').readdirSync(__dirname + '/' + name);",
          "node_modules/lazy/one/x": "",
          "node_modules/lazy/two/x": "",
        },
      },
      async (entry) => {
        const program = await compileProgram({ entry });
        const list = (name: string): Promise<string> =>
          simulate(() => new Machine().run(program, name));
        const add = (path: string): void =>
          writeFileSync(join(dirname(entry), "node_modules/lazy", path), "");
        add("one/late");
        expect(await list("one")).toBe("[ 'late', 'x' ]\n");
        add("one/later");
        add("two/late");
        expect(await list("one")).toBe("[ 'late', 'x' ]\n");
        expect(await list("two")).toBe("[ 'late', 'x' ]\n");
      },
    );
  });
});

describe("the digest of what a run read", () => {
  async function digests(source: string, path: string, after: string): Promise<[string, string]> {
    return inFolder(source, { files }, async (entry) => {
      const digest = async (): Promise<string> => {
        const program = await compileProgram({ entry });
        return simulate(() => {
          const machine = new Machine();
          machine.run(program);
          return codeDigest(machine.kernel);
        });
      };
      const before = await digest();
      expect(await digest()).toBe(before);
      writeFileSync(join(dirname(entry), path), after);
      return [before, await digest()];
    });
  }
  const reader = `${observer}\nfs.readFileSync(join(data, "b.txt"));`;

  it("changes with a program's files, its packages' files and its data", async () => {
    for (const [path, after] of [
      ["program.mjs", `${reader} // changed`],
      ["node_modules/pkg/index.js", `${files["node_modules/pkg/index.js"]} // changed`],
      ["node_modules/pkg/z.txt", "another z"],
      ["data/b.txt", "another b"],
    ] as const) {
      const [one, other] = await digests(reader, path, after);
      expect(one, path).not.toBe(other);
    }
  });

  it("stays with files that nobody reads, and in another place", async () => {
    const [one, other] = await digests(reader, "data/c.txt", "not read");
    const [elsewhere] = await digests(reader, "data/c.txt", "not read");
    // A folder's names are data, but no file's content.
    expect(one).toBe(other);
    expect(elsewhere).toBe(one);
  });
});

describe("threads and children", () => {
  it("start from files that lie beside the program, whatever kind of module they are", async () => {
    const { stdout } = await both(
      `import { Worker } from "node:worker_threads";
       import { fork } from "node:child_process";
       import { once } from "node:events";
       import { fileURLToPath } from "node:url";
       import { join } from "node:path";
       const here = fileURLToPath(new URL(".", import.meta.url));
       const [fromThread] = await once(new Worker(new URL("./thread.mjs", import.meta.url)), "message");
       console.log(fromThread);
       for (const name of ["child.mjs", "child.cjs"]) {
         const [fromChild] = await once(fork(join(here, "jobs", name)), "message");
         console.log(fromChild);
       }`,
      {
        files: {
          "thread.mjs": `import { parentPort } from "node:worker_threads"; import { readFileSync } from "node:fs";
            parentPort.postMessage("a thread " + readFileSync(new URL("./jobs/data", import.meta.url), "utf8"));`,
          "jobs/child.mjs": `import { readFileSync } from "node:fs"; import { part } from "./part.mjs";
            process.send(part + readFileSync(new URL("./data", import.meta.url), "utf8"));`,
          "jobs/part.mjs": `export const part = "an ES module, ";`,
          "jobs/child.cjs": `process.send("commonjs, " + require("fs").readFileSync(__dirname + "/data", "utf8"));`,
          "jobs/data": "with data",
        },
      },
    );
    expect(stdout).toBe("a thread with data\nan ES module, with data\ncommonjs, with data\n");
  });
});

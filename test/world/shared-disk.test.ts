/**
 * A disk that hosts share is as incoherent as NFS is, and no more: what nfs(5) and open(2) say of its caches, of exclusive
 * creation, of appends, of files that others remove, and of servers that do not answer.
 */
import { expect, it } from "vitest";
import { runDescribed } from "./described.ts";

/** Runs two hosts that share a disk, each with the body of its program; what they tell, by name of the operation. */
async function told(a: string, b: string, rest = ""): Promise<Record<string, unknown>> {
  const program = (body: string): string => `async ({ op, sleep, faults }) => {
    const fs = await import("node:fs");
    const tell = (name, f) => op(name, async () => {
      try { return await f(); } catch (error) { return error.code; }
    });
    ${body}
    setInterval(() => {}, 1_000);
  }`;
  const { history, verdict, violations } = await runDescribed(`
    w.host("a", ${program(a)});
    w.host("b", ${program(b)});
    const options = {};
    ${rest}
    w.shared("/shared", ["a", "b"], options);
    w.run("200s", { calm: "1s" });
  `);
  expect(violations.map(({ evidence }) => evidence.summary)).toEqual([]);
  expect(verdict).toBe("held");
  return Object.fromEntries(history.operations.map(({ f, output }) => [f, output]));
}

it("shows what was written to those who open the file after it was closed", async () => {
  const answers = await told(
    `const fd = fs.openSync("/shared/file", "w");
     fs.writeSync(fd, "first");
     await sleep("1s");
     fs.closeSync(fd);
     await sleep("2s");
     fs.writeFileSync("/shared/file", "second");`,
    `await sleep("500ms");
     await tell("before the close", () => fs.readFileSync("/shared/file", "utf8"));
     await sleep("1s");
     await tell("after the close", () => fs.readFileSync("/shared/file", "utf8"));
     const fd = fs.openSync("/shared/file", "r");
     await sleep("2s");
     const read = () => {
       const bytes = Buffer.alloc(10);
       return bytes.subarray(0, fs.readSync(fd, bytes, 0, 10, 0)).toString();
     };
     await tell("held open", read);
     await sleep("5s");
     await tell("held open for longer", read);
     await tell("opened again", () => fs.promises.readFile("/shared/file", "utf8"));`,
  );
  expect(answers).toEqual({
    "before the close": "",
    "after the close": "first",
    "held open": "first",
    "held open for longer": "second",
    "opened again": "second",
  });
});

it("believes times for some seconds, so that a lock that is kept fresh looks stale", async () => {
  const holder = `fs.mkdirSync("/shared/lock");
    for (;;) {
      const now = new Date();
      fs.utimesSync("/shared/lock", now, now);
      await sleep("2s");
    }`;
  const waiter = `await sleep("1s");
    const age = () => Math.round((Date.now() - fs.statSync("/shared/lock").mtimeMs) / 1000);
    await tell("at first", age);
    await sleep("20s");
    await tell("later", age);
    await sleep("11s");
    await tell("much later", age);`;
  const cached = await told(holder, waiter);
  expect(cached["at first"]).toBeLessThanOrEqual(1);
  expect(cached["later"]).toBeGreaterThan(20);
  expect(cached["much later"]).toBeLessThanOrEqual(2);
  const asked = await told(holder, waiter, `options.folderAttributes = "0s";`);
  expect(asked["later"]).toBeLessThanOrEqual(2);
});

it("believes for long that a name is not there, but makes none twice", async () => {
  const answers = await told(
    `await sleep("1s");
     fs.writeFileSync("/shared/file", "by a");
     fs.mkdirSync("/shared/folder");`,
    `await tell("before", () => fs.existsSync("/shared/file"));
     await sleep("2s");
     await tell("after", () => fs.existsSync("/shared/file"));
     await tell("read", () => fs.readFileSync("/shared/file", "utf8"));
     await tell("made", () => fs.writeFileSync("/shared/file", "", { flag: "wx" }));
     await tell("made a folder", () => fs.promises.mkdir("/shared/folder"));
     await tell("read again", () => fs.readFileSync("/shared/file", "utf8"));
     await tell("listed", () => fs.readdirSync("/shared"));`,
  );
  expect(answers).toEqual({
    before: false,
    after: false,
    read: "ENOENT",
    made: "EEXIST",
    "made a folder": "EEXIST",
    "read again": "by a",
    listed: ["file", "folder"],
  });
});

it("overwrites what two machines append at once", async () => {
  const append = (text: string): string => `await sleep("1s");
    const fd = fs.openSync("/shared/log", "a");
    await sleep("1s");
    fs.writeSync(fd, "${text}");
    await sleep("1s");
    fs.closeSync(fd);`;
  const answers = await told(
    `fs.writeFileSync("/shared/log", "begin ");
     ${append("aaa")}
     await sleep("1s");
     await tell("log", () => fs.readFileSync("/shared/log", "utf8").length);`,
    append("bbb"),
  );
  expect(answers).toEqual({ log: 9 });
});

it("keeps a removed file for those who have it open here, and for nobody else", async () => {
  const answers = await told(
    `fs.writeFileSync("/shared/own", "text");
     fs.writeFileSync("/shared/other", "text");
     const fd = fs.openSync("/shared/own", "r");
     fs.unlinkSync("/shared/own");
     await tell("own", () => fs.readSync(fd, Buffer.alloc(10)));
     await tell("names", () => fs.readdirSync("/shared").map((name) => name.slice(0, 4)));
     fs.closeSync(fd);
     await tell("names later", () => fs.readdirSync("/shared"));
     await sleep("2s");
     fs.unlinkSync("/shared/other");`,
    `await sleep("1s");
     const fd = fs.openSync("/shared/other", "r");
     await sleep("30s");
     await tell("of another machine", () => fs.fstatSync(fd).size);
     await tell("by name", () => fs.statSync("/shared/other").size);`,
  );
  expect(answers).toEqual({
    own: 4,
    names: [".nfs", "othe"],
    "names later": ["other"],
    "of another machine": "Unknown system error -116",
    "by name": "ENOENT",
  });
});

it("waits for a server that does not answer, or gives up", async () => {
  const a = `const timed = async (f) => {
      const startMs = Date.now();
      const result = await f().catch((error) => error.code);
      return [result, Math.round((Date.now() - startMs) / 1000)];
    };
    fs.writeFileSync("/shared/file", "text");
    await sleep("1s");
    faults.partition("a", "nas", { lasts: "10s" });
    await tell("synchronous", () => timed(async () => fs.readFileSync("/shared/file", "utf8")));
    await sleep("10s");
    faults.crash("nas", { how: "machine", lasts: "20s" });
    await tell("asynchronous", () => timed(() => fs.promises.stat("/shared/other")));
    await tell("afterwards", () => timed(() => fs.promises.readFile("/shared/file", "utf8")));`;
  const b = `await sleep("5s");
    await tell("of b", () => fs.readFileSync("/shared/file", "utf8"));`;
  expect(await told(a, b)).toEqual({
    synchronous: ["text", 10],
    "of b": "text",
    asynchronous: ["ENOENT", 20],
    afterwards: ["text", 0],
  });
  expect(await told(a, b, `options.mount = "soft"; options.timeout = "3s";`)).toEqual({
    synchronous: ["EIO", 3],
    "of b": "text",
    asynchronous: ["EIO", 3],
    afterwards: ["EIO", 3],
  });
});

it("keeps what was closed when a machine loses power, and not what was only written", async () => {
  const answers = await told(
    `if (fs.existsSync("/shared/closed")) return;
     fs.writeFileSync("/shared/closed", "text");
     fs.writeSync(fs.openSync("/shared/open", "w"), "text");
     await sleep("1s");
     faults.crash(["a", "nas"], { how: "machine", lasts: "2s", keeps: "nothing" });`,
    `await sleep("5s");
     await tell("closed", () => fs.readFileSync("/shared/closed", "utf8"));
     await tell("open", () => fs.readFileSync("/shared/open", "utf8"));`,
  );
  expect(answers).toEqual({ closed: "text", open: "" });
});

/** `lightcone serve`: what a person gets to read when it cannot start, and that it starts. */
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { createServer } from "node:net";
import { build } from "esbuild";
import { existsSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { command } from "../../src/cli/commands/serve.ts";
import { RawClient } from "./support/raw-client.ts";

describe("serve refuses, in one sentence", () => {
  const cases: [string[], string][] = [
    [[], "serve: which block?"],
    [["nope"], 'no block "nope"'],
    [["redis", "redis"], "serve: one block at a time, not also redis"],
    [["redis", "--port", "99999"], '--port: "99999" is not a port'],
    [["redis", "--port", "x"], '--port: "x" is not a port'],
    [
      ["redis", "--port", "0", "--host", "no.such.host.invalid"],
      '--host: "no.such.host.invalid" is no address of this machine',
    ],
    [["redis", "--nope"], "Unknown option '--nope'"],
    [["redis", "--set", "appendonly"], '--set: "appendonly" is not NAME=VALUE'],
  ];
  it.each(cases)("%j", async (args, message) => {
    await expect(command.run(args)).rejects.toThrow(message);
  });

  it("a port that is in use", async () => {
    const other = createServer();
    await new Promise<void>((resolve) => other.listen(0, "127.0.0.1", resolve));
    const { port } = other.address() as { port: number };
    await expect(command.run(["redis", "--port", String(port)])).rejects.toThrow(
      `port ${port} is in use on 127.0.0.1`,
    );
    other.close();
  });
});

describe("serve redis, as a process", () => {
  let folder: string;
  let program: string;

  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), "lightcone-serve-"));
    program = join(folder, "main.mjs");
    await build({
      stdin: {
        contents: `import { command } from "./src/cli/commands/serve.ts";
          process.exitCode = await command.run(process.argv.slice(2));`,
        resolveDir: process.cwd(),
        loader: "ts",
      },
      outfile: program,
      bundle: true,
      platform: "node",
      format: "esm",
      logLevel: "error",
    });
  });
  const children: ChildProcess[] = [];
  afterAll(() => {
    for (const child of children) child.kill("SIGKILL");
    rmSync(folder, { recursive: true, force: true });
  });

  /** Starts one that listens on a free port. Its data is kept in the test's folder. */
  async function serve(...args: string[]): Promise<{ child: ChildProcess; port: number }> {
    const child = spawn(process.execPath, [program, "redis", "--port", "0", ...args], {
      cwd: folder,
      stdio: ["ignore", "pipe", "inherit"],
    });
    children.push(child);
    let said = "";
    const port = await new Promise<number>((resolve) => {
      child.stdout.on("data", (chunk) => {
        said += String(chunk);
        const ready = /^redis listens on 127\.0\.0\.1:([0-9]+) \(Ctrl-C ends it\)\n$/.exec(said);
        if (ready) resolve(Number(ready[1]));
      });
    });
    return { child, port };
  }

  it("says when it is ready, asks for the password, and ends cleanly at Ctrl-C", async () => {
    const { child, port } = await serve("--password", "pw");
    const client = await RawClient.open(port);
    expect(await client.raw("GET", "a")).toBe("-NOAUTH Authentication required.\r\n");
    expect(await client.raw("AUTH", "wrong")).toMatch(/^-WRONGPASS /);
    expect(await client.raw("AUTH", "pw")).toBe("+OK\r\n");
    expect(await client.raw("SET", "a", "1")).toBe("+OK\r\n");
    child.kill("SIGINT");
    expect((await once(child, "exit"))[0]).toBe(0);
    expect(await client.next()).toBeUndefined();
  });

  it("keeps its data as redis-server does: SAVE, BGSAVE, and the end by a signal", async () => {
    const first = await serve(
      ...["--set", `dir=${mkdtempSync(join(folder, "data-"))}`, "--set", "save=60 1"],
    );
    const client = await RawClient.open(first.port);
    const [, dir] = (await client.call("CONFIG", "GET", "dir")) as string[];
    expect(await client.raw("SET", "a", "saved")).toBe("+OK\r\n");
    expect(await client.raw("SAVE")).toBe("+OK\r\n");
    expect(existsSync(join(dir as string, "dump.rdb"))).toBe(true);
    expect(await client.raw("SET", "b", "saved at the end")).toBe("+OK\r\n");
    first.child.kill("SIGTERM");
    expect((await once(first.child, "exit"))[0]).toBe(0);
    const second = await serve("--set", `dir=${dir as string}`);
    const other = await RawClient.open(second.port);
    expect(await other.call("MGET", "a", "b")).toEqual(["saved", "saved at the end"]);
    // An append-only file outlives a process that is killed.
    expect(await other.raw("CONFIG", "SET", "appendonly", "yes")).toBe("+OK\r\n");
    expect(await other.raw("SET", "c", "appended")).toBe("+OK\r\n");
    second.child.kill("SIGKILL");
    await once(second.child, "exit");
    const third = await serve("--set", `dir=${dir as string}`, "--set", "appendonly=yes");
    const last = await RawClient.open(third.port);
    expect(await last.call("MGET", "a", "c")).toEqual(["saved", "appended"]);
    void last.call("SHUTDOWN", "NOSAVE").catch(() => undefined);
    expect((await once(third.child, "exit"))[0]).toBe(0);
  });

  it("says in a sentence which setting or file is wrong", async () => {
    const broken = mkdtempSync(join(folder, "broken-"));
    writeFileSync(join(broken, "dump.rdb"), "REDIS0009, or so it says");
    for (const [setting, words] of [
      ["no-such-setting=1", /Unknown option 'no-such-setting'/],
      [`dir=${broken}`, /cannot load .*dump\.rdb: /],
    ] as const) {
      await expect(command.run(["redis", "--port", "0", "--set", setting])).rejects.toThrow(words);
    }
  });
});

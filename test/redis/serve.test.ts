/** `lightcone serve`: what a person gets to read when it cannot start, and that it starts. */
import { spawn } from "node:child_process";
import { createServer } from "node:net";
import { build } from "esbuild";
import { mkdtempSync, rmSync } from "node:fs";
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
  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  it("says when it is ready, asks for the password, and ends cleanly at Ctrl-C", async () => {
    const child = spawn(process.execPath, [program, "redis", "--port", "0", "--password", "pw"]);
    let said = "";
    const port = await new Promise<number>((resolve) => {
      child.stdout.on("data", (chunk) => {
        said += String(chunk);
        const ready = /^redis listens on 127\.0\.0\.1:([0-9]+) \(Ctrl-C ends it\)\n$/.exec(said);
        if (ready) resolve(Number(ready[1]));
      });
    });
    const client = await RawClient.open(port);
    expect(await client.raw("GET", "a")).toBe("-NOAUTH Authentication required.\r\n");
    expect(await client.raw("AUTH", "wrong")).toMatch(/^-WRONGPASS /);
    expect(await client.raw("AUTH", "pw")).toBe("+OK\r\n");
    expect(await client.raw("SET", "a", "1")).toBe("+OK\r\n");
    const ended = new Promise((resolve) => child.once("exit", (code) => resolve(code)));
    child.kill("SIGINT");
    expect(await ended).toBe(0);
    expect(await client.next()).toBeUndefined();
  });
});

/** `lightcone view`: a stored trace on a server of this machine, or one clear message. */
import { mkdirSync, writeFileSync } from "node:fs";
import { request } from "node:http";
import { join } from "node:path";
import { gunzipSync, gzipSync } from "node:zlib";
import { describe, expect, it } from "vitest";
import { encodeTrace, Kind, TraceRecorder } from "../../src/trace/index.ts";
import { ended, Lightcone, until } from "./lightcone.ts";

const lightcone = new Lightcone();
const folder = join(lightcone.cwd, ".lightcone");
mkdirSync(folder);

const recorder = new TraceRecorder();
recorder.onEvent(1, 5_000_000, 1, Kind.start, 0, undefined);
recorder.onEvent(2, 9_000_000, 1, Kind.log, 1, { stream: "stdout", text: "hello\n" });
const bytes = gzipSync(encodeTrace(recorder.finish(["", "alice"])));

function stored(name: string, content: Uint8Array): string {
  writeFileSync(join(folder, name), content);
  return join(".lightcone", name);
}

function get(url: string, host?: string): Promise<{ status: number | undefined; body: string }> {
  return new Promise((done, failed) => {
    const asked = request(url, { headers: host === undefined ? {} : { host } }, (response) => {
      let body = "";
      response.setEncoding("utf8").on("data", (text: string) => (body += text));
      response.on("end", () => done({ status: response.statusCode, body }));
    });
    asked.on("error", failed).end();
  });
}

describe("view", () => {
  it("serves the page to this machine only, until it is ended", async () => {
    const server = lightcone.start(["view", stored("a-1.trace", bytes), "--no-open"]);
    const end = ended(server);
    let told = "";
    server.stdout?.on("data", (text) => (told += String(text)));
    await until(() => told.includes("\n"));
    const url = /http:\/\/127\.0\.0\.1:\d+\//.exec(told)?.[0] as string;
    const { status, body } = await get(url);
    expect(status).toBe(200);
    expect(body).toContain("<!doctype html>");
    expect(body).toContain('id="lightcone-trace"');
    expect(await get(`${url}other`)).toMatchObject({ status: 404 });
    expect(await get(url, "evil.example")).toMatchObject({ status: 403 });
    server.kill("SIGINT");
    expect(await end).toMatchObject({ code: 0, stderr: "" });
  });

  it("draws the trace that lies beside a replay file, in the terminal", async () => {
    stored("b-1.trace", bytes);
    writeFileSync(join(folder, "b-1.json"), "{}");
    const { code, stdout } = await lightcone.run("view", ".lightcone/b-1.json", "--timeline");
    expect(stdout).toContain("hello");
    expect(code).toBe(0);
  });

  it("says in one message what is wrong with a file", async () => {
    const plain = gunzipSync(bytes);
    const newer = Buffer.from(
      plain.toString("latin1").replace('"lightconeTrace":3', '"lightconeTrace":9'),
      "latin1",
    );
    const damaged = Buffer.from(plain);
    damaged.fill(0xff, damaged.indexOf(10) + 1);
    const cases = [
      ["none.trace", undefined, /none\.trace: no such file or directory/],
      ["other.trace", Buffer.from("hello\n"), /other\.trace: this is not a Lightcone trace/],
      ["cut.trace", bytes.subarray(0, bytes.length - 9), /cut\.trace: the trace was cut short/],
      [
        "newer.trace",
        newer,
        /newer\.trace: the trace has format 9, this Lightcone reads formats 1 to 3/,
      ],
      ["damaged.trace", damaged, /damaged\.trace: the trace/],
    ] as const;
    for (const [name, content, message] of cases) {
      const path = content === undefined ? `.lightcone/${name}` : stored(name, content);
      const { code, stdout, stderr } = await lightcone.run("view", path, "--no-open");
      expect({ name, code, stdout }).toEqual({ name, code: 2, stdout: "" });
      expect(stderr).toMatch(message);
      expect(stderr.trimEnd().split("\n").length).toBeLessThanOrEqual(2);
    }
  });
});

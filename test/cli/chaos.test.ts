/** `lightcone chaos` as a person uses it. */
import { request } from "node:http";
import { connect } from "node:net";
import { describe, expect, it } from "vitest";
import { readAll, serverOf } from "../chaos/place.ts";
import { ended, Lightcone, until } from "./lightcone.ts";

const lightcone = new Lightcone();

/** Starts the command, and waits until it says where it listens. */
async function started(...args: readonly string[]) {
  const child = lightcone.start(["chaos", ...args]);
  const result = ended(child);
  let text = "";
  child.stdout?.on("data", (part: string) => (text += part));
  await until(() => text.includes("Ctrl-C ends it"));
  const port = Number(/listens on 127\.0\.0\.1:(\d+)/.exec(text)?.[1]);
  return { child, result, port, header: () => text };
}

it("breaks connections as it is told, says what it does, and ends on Ctrl-C", async () => {
  const server = await serverOf((socket) => void socket.pipe(socket));
  const { child, result, port, header } = await started(
    ...["--listen", "0", "--to", `127.0.0.1:${server}`, "--api", "0", "--seed", "5"],
    ...["--fault", "latency,by=20ms..40ms", "--fault", "limit_data,bytes=3,stream=upstream"],
  );
  const client = connect({ port, host: "127.0.0.1" });
  client.write("abcdef");
  await readAll(client);
  // A connection that is open and waits for a toxic does not keep the command.
  const open = connect({ port, host: "127.0.0.1" });
  open.on("error", () => {});
  await new Promise((resolve) => open.once("connect", resolve));
  const api = Number(/API http:\/\/127\.0\.0\.1:(\d+)/.exec(header())?.[1]);
  const status = await new Promise((resolve) => {
    request({ port: api, path: "/proxies/default" }, (response) => {
      resolve(response.statusCode);
      response.resume();
    }).end();
  });
  expect(status).toBe(200);
  child.kill("SIGINT");
  const { code, stdout, stderr } = await result;
  expect([code, stderr]).toEqual([0, ""]);
  expect(stdout).toContain("default: added latency_downstream (latency=30, jitter=10)");
  expect(stdout).toContain("seed 5, API http://127.0.0.1:");
  expect(stdout).toContain("default: #1 limit_data_upstream closes the connection after 3 bytes");
  expect(stdout).toMatch(/default: #1 closed \(closed by limit_data_upstream\), 3 B up, \d B down/);
  expect(stdout).toMatch(/default: stopped\n$/);
});

it("needs no proxy where the API is asked for them", async () => {
  const { child, result, header } = await started("--api", "127.0.0.1:0", "--quiet");
  child.kill("SIGTERM");
  expect((await result).code).toBe(0);
  expect(header()).toMatch(/^seed \d+, API http:\/\/127\.0\.0\.1:\d+ \(Ctrl-C ends it\)\n$/);
});

describe("one clear error for", () => {
  const to = ["--listen", "0", "--to", "127.0.0.1:1", "--api", "0"];
  it.each([
    [["--listen", "6380"], "chaos: --to is missing"],
    [["--to", "6380"], "chaos: --listen is missing"],
    [["--fault", "latency"], "chaos: --listen and --to are missing"],
    [["--listen", "x", "--to", "1"], '--listen: "x" is not an address'],
    [["--listen", "1", "--to", "host:99999"], '--to: "host:99999" is not an address'],
    [[...to, "--fault", "earthquake"], '--fault earthquake: no fault "earthquake"'],
    [[...to, "--fault", "latency,latency"], '"latency" is not NAME=VALUE'],
    [[...to, "--fault", "latency,size=1"], 'latency has no "size"'],
    [[...to, "--fault", "latency,latency=soon"], '"soon" is not a duration'],
    [[...to, "--fault", "loss,probability=2"], "probability must be a number from 0 to 1"],
    [[...to, "--fault", "slicer"], "average_size must be at least 1"],
    [[...to, "--fault", "latency,stream=up"], "stream was invalid"],
    [
      [...to, "--fault", "latency", "--fault", "latency"],
      "latency_downstream: toxic already exists",
    ],
    [[...to, "--seed", "x"], '--seed: "x" is not a seed'],
    [[...to, "now"], 'chaos: what is "now"?'],
  ])("%j", async (args, message) => {
    const { code, stdout, stderr } = await lightcone.run("chaos", ...args);
    expect(code).toBe(2);
    expect(stderr).toMatch(/^lightcone: /);
    expect(stderr).toContain(message);
    expect(stderr).not.toMatch(/^ +at /m);
    expect(stdout).not.toContain("Ctrl-C");
  });

  it("a port that is taken", async () => {
    const port = await serverOf(() => {});
    const { code, stderr } = await lightcone.run("chaos", "--listen", String(port), "--to", "1");
    expect([code, stderr]).toEqual([2, `lightcone: --listen: 127.0.0.1:${port} is in use\n`]);
  });
});

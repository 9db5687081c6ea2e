/** The HTTP API answers as toxiproxy's: a client written for that one works, and so do the shapes and status codes. */
import { request } from "node:http";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { type Latency, Toxiproxy } from "toxiproxy-node-client";
import { formatAddress } from "../../src/chaos/address.ts";
import { type ServedApi, serveApi } from "../../src/chaos/api.ts";
import { ProxyCollection } from "../../src/chaos/collection.ts";
import { dial, readAll, serverOf } from "./place.ts";

let proxies: ProxyCollection;
let api: ServedApi;
let upstream: string;
beforeEach(async () => {
  proxies = new ProxyCollection(1);
  api = await serveApi(proxies, { host: "127.0.0.1", port: 0 });
  upstream = `127.0.0.1:${await serverOf((socket) => void socket.pipe(socket))}`;
});
afterEach(async () => {
  await Promise.all([api.close(), proxies.stop()]);
});

const listen = "127.0.0.1:0";

/** Asks the API; what is not JSON is sent as it is. */
function ask(
  method: string,
  path: string,
  body?: unknown,
  headers: Record<string, string> = {},
): Promise<{ status: number | undefined; body: unknown }> {
  return new Promise((resolve, reject) => {
    const { host, port } = api.address;
    const asked = request({ host, port, method, path, headers }, (response) => {
      let text = "";
      response.setEncoding("utf8").on("data", (part: string) => (text += part));
      response.on("end", () => {
        resolve({
          status: response.statusCode,
          body: text === "" ? undefined : JSON.parse(text),
        });
      });
    });
    asked.on("error", reject);
    asked.end(typeof body === "string" || body === undefined ? body : JSON.stringify(body));
  });
}

async function echoed(address: string, text: string): Promise<string> {
  const client = dial(Number(address.split(":")[1]));
  client.end(text);
  return String((await readAll(client)).bytes);
}

it("works with toxiproxy's client for Node", async () => {
  const toxiproxy = new Toxiproxy(`http://${formatAddress(api.address)}`);
  const proxy = await toxiproxy.createProxy({ name: "redis", listen, upstream });
  expect(await echoed(proxy.listen, "hello")).toBe("hello");

  const body = { name: "", type: "latency", stream: "downstream", toxicity: 1 } as const;
  const attributes = { latency: 60, jitter: 0 };
  const toxic = await proxy.addToxic<Latency>({ ...body, attributes });
  const startMs = performance.now();
  await echoed(proxy.listen, "late");
  expect(performance.now() - startMs).toBeGreaterThan(55);
  const [, updated] = [
    await toxic.update({ ...toxic.toJson(), attributes: { latency: 1, jitter: 0 }, toxicity: 0.5 }),
    await proxy.getToxic<Latency>("latency_downstream"),
  ];
  expect(updated.toJson()).toMatchObject({ toxicity: 0.5, attributes: { latency: 1, jitter: 0 } });
  await toxic.remove();
  await expect(proxy.getToxic("latency_downstream")).rejects.toThrow("404");

  await proxy.update({ enabled: false, listen: proxy.listen, upstream });
  expect((await readAll(dial(Number(proxy.listen.split(":")[1])))).how).toBe("ECONNREFUSED");
  await toxiproxy.reset();
  expect(await echoed(proxy.listen, "again")).toBe("again");

  const others = await toxiproxy.populate([{ name: "other", listen, upstream }]);
  expect(Object.keys(others)).toEqual(["other"]);
  expect(Object.keys(await toxiproxy.getAll())).toEqual(["redis", "other"]);
  await proxy.remove();
  await expect(toxiproxy.get("redis")).rejects.toThrow("404");
  expect(JSON.parse(await toxiproxy.getVersion())).toEqual({
    version: expect.stringMatching(/^2\.\d+\.\d+$/),
  });
});

describe("answers", () => {
  it("have toxiproxy's shapes", async () => {
    const made = await ask("POST", "/proxies", { name: "a", listen, upstream });
    const proxy = {
      name: "a",
      listen: expect.stringMatching(/^127\.0\.0\.1:[1-9]\d*$/),
      upstream,
      enabled: true,
      toxics: [],
    };
    expect(made).toEqual({ status: 201, body: proxy });
    const toxic = await ask("POST", "/proxies/a/toxics", {
      type: "bandwidth",
      attributes: { rate: 5, unknown: 1 },
    });
    const described = {
      attributes: { rate: 5 },
      name: "bandwidth_downstream",
      type: "bandwidth",
      stream: "downstream",
      toxicity: 1,
    };
    expect(toxic).toEqual({ status: 200, body: described });
    const second = { name: "first", type: "timeout", stream: "upstream", toxicity: 0.25 };
    await ask("POST", "/proxies/a/toxics", second);
    const toxics = [{ ...second, attributes: { timeout: 0 } }, described];
    expect(await ask("GET", "/proxies/a/toxics")).toEqual({ status: 200, body: toxics });
    expect(await ask("GET", "/proxies")).toEqual({
      status: 200,
      body: { a: { ...proxy, toxics } },
    });
    expect((await ask("PATCH", "/proxies/a/toxics/first", { toxicity: 1 })).body).toMatchObject({
      toxicity: 1,
    });
    expect(await ask("POST", "/reset")).toEqual({ status: 204, body: undefined });
    expect((await ask("GET", "/proxies/a")).body).toEqual(proxy);
    expect(await ask("DELETE", "/proxies/a")).toEqual({ status: 204, body: undefined });
  });

  it("populate leaves alone what is as it should be, and replaces what is not", async () => {
    const first = await ask("POST", "/populate", [{ name: "a", listen, upstream }]);
    const { listen: bound } = (first.body as { proxies: [{ listen: string }] }).proxies[0];
    expect(first.status).toBe(201);
    await ask("POST", "/proxies/a/toxics", { type: "latency" });
    const kept = await ask("POST", "/populate", [{ name: "a", listen: bound, upstream }]);
    expect(kept.body).toMatchObject({ proxies: [{ toxics: [{ type: "latency" }] }] });
    const other = await ask("POST", "/populate", [{ name: "a", listen, upstream: "localhost:1" }]);
    expect(other.body).toMatchObject({ proxies: [{ upstream: "localhost:1", toxics: [] }] });
    const bad = await ask("POST", "/populate", [{ name: "b", listen, upstream }, { name: "c" }]);
    expect(bad).toMatchObject({
      status: 400,
      body: { error: "missing required field: upstream at proxy 2", status: 400 },
    });
    expect(Object.keys((await ask("GET", "/proxies")).body as object)).toEqual(["a"]);
  });

  it("moving a proxy drops its connections and keeps its toxics", async () => {
    await ask("POST", "/proxies", { name: "a", listen, upstream });
    await ask("POST", "/proxies/a/toxics", { type: "latency" });
    const client = dial(Number(proxies.get("a").listen.split(":")[1]));
    client.write("x");
    await new Promise((resolve) => client.once("data", resolve));
    const ended = readAll(client);
    const moved = await ask("POST", "/proxies/a", { upstream: "localhost:1" });
    await ended;
    expect(moved.body).toMatchObject({ upstream: "localhost:1", toxics: [{ type: "latency" }] });
  });

  const refused: [string, string, unknown, number, string | RegExp][] = [
    ["GET", "/proxies/none", undefined, 404, "proxy not found"],
    ["DELETE", "/proxies/none", undefined, 404, "proxy not found"],
    ["GET", "/proxies/a/toxics/none", undefined, 404, "toxic not found"],
    [
      "POST",
      "/proxies",
      { name: "a", listen, upstream: "localhost:1" },
      409,
      "proxy already exists",
    ],
    ["POST", "/proxies", { listen }, 400, "missing required field: name"],
    ["POST", "/proxies", { name: "b" }, 400, "missing required field: upstream"],
    ["POST", "/proxies", { name: "b", upstream: "nowhere" }, 400, /"nowhere" is not HOST:PORT/],
    ["POST", "/proxies", "{", 400, /^bad request body: /],
    ["POST", "/proxies", "[]", 400, /^bad request body: /],
    ["POST", "/proxies/a/toxics", { type: "none" }, 400, "invalid toxic type"],
    ["POST", "/proxies/a/toxics", { type: "latency", stream: "up" }, 400, /^stream was invalid, /],
    ["POST", "/proxies/a/toxics", { type: "timeout" }, 409, "toxic already exists"],
    ["POST", "/proxies/a/toxics", { type: "latency", toxicity: 2 }, 400, /toxicity/],
    [
      "POST",
      "/proxies/a/toxics",
      { type: "latency", attributes: { latency: "1" } },
      400,
      /latency/,
    ],
    ["POST", "/proxies/a/toxics", { type: "slicer" }, 400, /average_size must be at least 1/],
    [
      "POST",
      "/proxies/a/toxics/timeout_downstream",
      { attributes: { timeout: -1 } },
      400,
      /timeout/,
    ],
    ["PUT", "/proxies/a", undefined, 405, "method not allowed"],
    ["GET", "/nothing", undefined, 404, "page not found"],
  ];
  it.each(refused)("%s %s %j is refused", async (method, path, body, status, error) => {
    await ask("POST", "/proxies", { name: "a", listen, upstream });
    await ask("POST", "/proxies/a/toxics", { type: "timeout" });
    const message = typeof error === "string" ? error : (expect.stringMatching(error) as string);
    expect(await ask(method, path, body)).toEqual({
      status,
      body: { error: message, status },
    });
  });

  it("says so when a port is taken, and keeps nothing of the proxy", async () => {
    const taken = await ask("POST", "/proxies", { name: "a", listen: upstream, upstream });
    expect(taken).toMatchObject({ status: 500, body: { error: expect.stringMatching(/in use/) } });
    expect((await ask("GET", "/proxies")).body).toEqual({});
  });

  it("are refused to web pages", async () => {
    const browser = await ask("GET", "/proxies", undefined, { "User-Agent": "Mozilla/5.0" });
    expect(browser.status).toBe(403);
  });
});

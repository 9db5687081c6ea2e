/** Toxiproxy's HTTP API: its clients, written for any language, work with it. */
import {
  createServer,
  type IncomingMessage,
  type RequestListener,
  type Server,
  type ServerResponse,
} from "node:http";
import type { AddressInfo } from "node:net";
import { messageOf } from "../base/errors.ts";
import type { Address } from "./address.ts";
import { ApiError } from "./api-error.ts";
import {
  addToxic,
  describeProxy,
  findToxic,
  type Given,
  newToxic,
  type ProxyCollection,
  type ProxyDescription,
  updateToxic,
} from "./collection.ts";
import type { ChaosProxy } from "./proxy.ts";
import type { Toxic } from "./toxic.ts";

/** The version of toxiproxy whose API this is. */
const API_VERSION = "2.12.0";

/** No request is longer: a list of thousands of proxies. */
const BODY_BYTES_MAX = 4 * 1_024 * 1_024;

/** The status and the JSON of an answer. */
interface Answer {
  readonly status: number;
  readonly body?: unknown;
}

type Handler = (names: readonly string[], body: () => unknown) => Answer | Promise<Answer>;

function toxicJson({ name, kind, stream, toxicity, attributes }: Toxic): object {
  return { attributes, name, type: kind.type, stream, toxicity };
}

/** Toxiproxy lists the toxics of the upstream direction first. */
function toxicsJson({ toxics }: ChaosProxy): object[] {
  return [
    ...toxics.filter(({ stream }) => stream === "upstream"),
    ...toxics.filter(({ stream }) => stream === "downstream"),
  ].map(toxicJson);
}

function proxyJson(proxy: ChaosProxy): object {
  const { name, listen, upstream, enabled } = proxy;
  return { name, listen, upstream, enabled, toxics: toxicsJson(proxy) };
}

function objectOf(body: unknown): Given {
  if (typeof body === "object" && body !== null && !Array.isArray(body)) return body as Given;
  throw new ApiError(400, "bad request body: not an object");
}

/** The routes: method and path, in which `*` is a name. */
function routes(proxies: ProxyCollection): Readonly<Record<string, Handler>> {
  const updateProxy: Handler = async ([name = ""], body) => {
    const proxy = proxies.get(name);
    const { listen, upstream, enabled } = describeProxy(objectOf(body()), proxy);
    await proxy.move(listen, upstream);
    await (enabled ? proxy.start() : proxy.stop());
    return { status: 200, body: proxyJson(proxy) };
  };
  const changeToxic: Handler = ([name = "", toxicName = ""], body) => {
    const proxy = proxies.get(name);
    const toxic = findToxic(proxy, toxicName);
    updateToxic(toxic, objectOf(body()));
    proxy.changed(toxic);
    return { status: 200, body: toxicJson(toxic) };
  };
  return {
    "GET /version": () => ({ status: 200, body: { version: API_VERSION } }),
    "POST /reset": async () => {
      await proxies.reset();
      return { status: 204 };
    },
    "GET /proxies": () => {
      const all = proxies.all().map((proxy) => [proxy.name, proxyJson(proxy)]);
      return { status: 200, body: Object.fromEntries(all) };
    },
    "POST /proxies": async (_, body) => {
      const proxy = await proxies.add(describeProxy(objectOf(body())));
      return { status: 201, body: proxyJson(proxy) };
    },
    "POST /populate": async (_, body) => {
      const made: object[] = [];
      try {
        for (const description of describeAll(body())) {
          made.push(proxyJson(await proxies.addOrReplace(description)));
        }
        return { status: 201, body: { proxies: made } };
      } catch (thrown) {
        const { status, error } = explain(thrown);
        return { status, body: { error, status, proxies: made } };
      }
    },
    "GET /proxies/*": ([name = ""]) => ({ status: 200, body: proxyJson(proxies.get(name)) }),
    "POST /proxies/*": updateProxy,
    "PATCH /proxies/*": updateProxy,
    "DELETE /proxies/*": async ([name = ""]) => {
      await proxies.remove(name);
      return { status: 204 };
    },
    "GET /proxies/*/toxics": ([name = ""]) => ({
      status: 200,
      body: toxicsJson(proxies.get(name)),
    }),
    "POST /proxies/*/toxics": ([name = ""], body) => {
      const proxy = proxies.get(name);
      const toxic = newToxic(objectOf(body()));
      addToxic(proxy, toxic);
      return { status: 200, body: toxicJson(toxic) };
    },
    "GET /proxies/*/toxics/*": ([name = "", toxic = ""]) => ({
      status: 200,
      body: toxicJson(findToxic(proxies.get(name), toxic)),
    }),
    "POST /proxies/*/toxics/*": changeToxic,
    "PATCH /proxies/*/toxics/*": changeToxic,
    "DELETE /proxies/*/toxics/*": ([name = "", toxic = ""]) => {
      const proxy = proxies.get(name);
      proxy.remove(findToxic(proxy, toxic));
      return { status: 204 };
    },
  };
}

/** All that is asked for is checked before anything is changed. */
export function describeAll(body: unknown): ProxyDescription[] {
  if (!Array.isArray(body)) throw new ApiError(400, "bad request body: not an array");
  const described = body.map((given, index) =>
    describeProxy(objectOf(given), undefined, ` at proxy ${index + 1}`),
  );
  const names = new Set<string>();
  for (const { name } of described) {
    if (names.has(name)) throw new ApiError(400, `duplicate proxy name ${JSON.stringify(name)}`);
    names.add(name);
  }
  return described;
}

function explain(thrown: unknown): { status: number; error: string } {
  return { status: thrown instanceof ApiError ? thrown.status : 500, error: messageOf(thrown) };
}

async function readBody(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  let length = 0;
  for await (const chunk of request as AsyncIterable<Buffer>) {
    length += chunk.length;
    if (length > BODY_BYTES_MAX) throw new ApiError(413, "request body too long");
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString();
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    throw new ApiError(400, `bad request body: ${messageOf(error)}`);
  }
}

function decodeName(part: string): string {
  try {
    return decodeURIComponent(part);
  } catch {
    throw new ApiError(400, "bad request path");
  }
}

async function handle(
  table: Readonly<Record<string, Handler>>,
  request: IncomingMessage,
): Promise<Answer> {
  // Requests of browsers are refused, so that no web page can control a proxy on its visitor's machine, as in toxiproxy.
  if (request.headers["user-agent"]?.startsWith("Mozilla/")) {
    throw new ApiError(403, "User agent not allowed");
  }
  const text = await readBody(request);
  const path = (request.url ?? "/").split("?")[0] as string;
  const parts = path.split("/").slice(1);
  const names = [parts[1], parts[3]].filter((part) => part !== undefined).map(decodeName);
  const pattern = `/${parts.map((part, index) => (index % 2 === 1 ? "*" : part)).join("/")}`;
  const handler = table[`${request.method} ${pattern}`];
  if (handler !== undefined) return handler(names, () => parseJson(text));
  const known = Object.keys(table).some((route) => route.endsWith(` ${pattern}`));
  throw known ? new ApiError(405, "method not allowed") : new ApiError(404, "page not found");
}

function send(response: ServerResponse, { status, body }: Answer): void {
  if (body === undefined) {
    response.writeHead(status).end();
    return;
  }
  const text = `${JSON.stringify(body)}\n`;
  response.writeHead(status, { "Content-Type": "application/json" }).end(text);
}

/** What answers the API's requests. */
export function apiListener(proxies: ProxyCollection): RequestListener {
  const table = routes(proxies);
  return (request, response) => {
    handle(table, request).then(
      (answer) => send(response, answer),
      (thrown: unknown) => {
        const { status, error } = explain(thrown);
        send(response, { status, body: { error, status } });
      },
    );
  };
}

/** A served API. */
export interface ServedApi {
  /** Where it listens. */
  readonly address: Address;
  /** Stops it, its clients' idle connections included. */
  close(): Promise<void>;
}

/** Serves the API. Rejects with Node's error if it cannot listen. */
export async function serveApi(proxies: ProxyCollection, address: Address): Promise<ServedApi> {
  const server: Server = createServer(apiListener(proxies));
  await new Promise<void>((resolve, reject) => {
    server.once("error", reject);
    server.listen({ ...address }, () => {
      server.off("error", reject);
      resolve();
    });
  });
  const bound = server.address() as AddressInfo;
  return {
    address: { host: bound.address, port: bound.port },
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

/**
 * Runs the stand-in for a service on its host: HTTP on port 80, HTTPS on port 443, by the library of its own process, so that it is a
 * host like others on the network. While faults are on, it answers as their troubles say.
 */
import { MS, parseDurationNs } from "../../base/units.ts";
import type { NodeProcess } from "../../node/index.ts";
import { identityOf } from "../../node/authority.ts";
import type { Host } from "../../sim/host.ts";
import type { ServiceTrouble, ServiceWay } from "../../sim/service-troubles.ts";
import type { InlineContext } from "../types.ts";
import type { ServiceAnswer, ServiceContext, ServiceHandler, ServiceRequest } from "./types.ts";

type Http = typeof import("node:http");
type Https = typeof import("node:https");
type Tls = typeof import("node:tls");
type Ways = readonly ServiceWay[];
type Incoming = import("node:http").IncomingMessage;
type Outgoing = import("node:http").ServerResponse;

/** When a webhook that was not taken is delivered again, in milliseconds. */
const WEBHOOK_AGAIN_MS = [1_000, 5_000, 25_000];
const WEBHOOK_TIMEOUT_MS = 5_000;

/** Starts the service in a process of its host. */
export function serveService(
  node: NodeProcess,
  host: Host,
  handler: ServiceHandler,
  inline: InlineContext,
): void {
  new Service(node, host, handler, inline).listen();
}

class Service {
  readonly #host: Host;
  readonly #handler: ServiceHandler;
  readonly #context: ServiceContext;
  readonly #http: Http;
  readonly #https: Https;
  readonly #tls: Tls;
  readonly #later: (action: () => void, delayMs: number) => void;

  constructor(node: NodeProcess, host: Host, handler: ServiceHandler, inline: InlineContext) {
    const { requirePublic } = node.realm;
    this.#host = host;
    this.#handler = handler;
    this.#http = requirePublic("node:http") as Http;
    this.#https = requirePublic("node:https") as Https;
    this.#tls = requirePublic("node:tls") as Tls;
    const { setTimeout } = node.global as { setTimeout: (f: () => void, ms: number) => unknown };
    this.#later = (action, delayMs) => void setTimeout(action, delayMs);
    this.#context = {
      ...inline,
      webhook: (url, body, { headers = {}, in: delay } = {}) => {
        const delayMs = delay === undefined ? 0 : parseDurationNs(delay, "webhook: in") / MS;
        this.#hook(url, JSON.stringify(body), headers, delayMs);
      },
    };
  }

  listen(): void {
    const { name } = this.#host;
    const onRequest = (asked: Incoming, answer: Outgoing): void => this.#take(asked, answer);
    this.#http.createServer(onRequest).listen(80);
    const well = identityOf(name);
    const contexts = [false, true].map((expired) =>
      this.#tls.createSecureContext(identityOf(name, expired)),
    );
    const options = {
      ...well,
      SNICallback: (_: string, done: (error: null, context: unknown) => void) => {
        done(null, contexts[this.#strikes("certificate") ? 1 : 0]);
      },
    };
    this.#https.createServer(options as never, onRequest).listen(443);
  }

  #strikes(...ways: Ways): ServiceTrouble | undefined {
    return this.#host.service?.strikes(...ways);
  }

  #take(asked: Incoming, answer: Outgoing): void {
    const parts: Uint8Array[] = [];
    asked.on("error", () => {});
    asked.on("data", (part: Uint8Array) => parts.push(part));
    asked.on("end", () => {
      const body = Buffer.concat(parts).toString();
      void this.#answer(requestOf(asked, body), answer);
    });
  }

  async #answer(request: ServiceRequest, answer: Outgoing): Promise<void> {
    const refusal = this.#strikes("unavailable", "limited");
    const given = refusal ? refused(refusal) : await this.#handler(request, this.#context);
    const slow = this.#strikes("slow");
    if (slow) await new Promise<void>((done) => this.#later(done, slow.byNs / MS));
    const { status = 200, headers = {}, body } = given ?? {};
    const schema = refusal ? undefined : this.#strikes("schema");
    const shown = schema ? otherwise(body, schema.draw) : body;
    const isText = typeof shown === "string" || shown === undefined;
    const text = isText ? (shown ?? "") : JSON.stringify(shown);
    const bytes = Buffer.from(text);
    answer.on("error", () => {});
    answer.writeHead(status, {
      ...(!isText && { "content-type": "application/json" }),
      "content-length": String(bytes.length),
      ...headers,
    });
    if (this.#strikes("half") && bytes.length > 1) {
      answer.write(bytes.subarray(0, Math.floor(bytes.length / 2)), () => answer.destroy());
    } else answer.end(bytes);
  }

  #hook(
    url: string,
    body: string,
    headers: Readonly<Record<string, string>>,
    delayMs: number,
  ): void {
    const held = this.#strikes("reorder");
    const times = this.#strikes("duplicate") ? 2 : 1;
    const lateMs = delayMs + (held ? held.byNs / MS : 0);
    for (let copy = 0; copy < times; copy++) {
      this.#later(() => this.#deliver(url, body, headers, 0), lateMs + copy * 100);
    }
  }

  /** Delivers a webhook, and again if nobody takes it. */
  #deliver(
    url: string,
    body: string,
    headers: Readonly<Record<string, string>>,
    attempt: number,
  ): void {
    let isOver = false;
    const again = (): void => {
      if (isOver) return;
      isOver = true;
      const delayMs = WEBHOOK_AGAIN_MS[attempt];
      if (delayMs === undefined) return;
      this.#later(() => this.#deliver(url, body, headers, attempt + 1), delayMs);
    };
    const { request } = url.startsWith("https:") ? this.#https : this.#http;
    const asked = request(url, {
      method: "POST",
      timeout: WEBHOOK_TIMEOUT_MS,
      headers: {
        "content-type": "application/json",
        "content-length": String(Buffer.byteLength(body)),
        ...headers,
      },
    });
    asked.on("error", again);
    asked.on("timeout", () => asked.destroy(new Error("no answer")));
    asked.on("response", (answer: Incoming) => {
      answer.on("error", () => {});
      answer.resume();
      const { statusCode = 0 } = answer;
      if (statusCode < 200 || statusCode > 299) again();
      else isOver = true;
    });
    asked.end(body);
  }
}

function requestOf(asked: Incoming, body: string): ServiceRequest {
  const { method = "GET", url = "/", headers } = asked;
  const { pathname, searchParams } = new URL(url, "http://service");
  const named = Object.entries(headers).map(([name, value]) => [name, String(value)]);
  let json: unknown;
  try {
    json = JSON.parse(body) as unknown;
  } catch {
    json = undefined;
  }
  return {
    method,
    path: pathname,
    query: Object.fromEntries(searchParams),
    headers: Object.fromEntries(named) as Record<string, string>,
    body,
    json,
  };
}

function refused({ how, retryAfterS }: ServiceTrouble): ServiceAnswer {
  return {
    status: how === "limited" ? 429 : 503,
    headers: retryAfterS === undefined ? {} : { "retry-after": String(retryAfterS) },
    body: { error: how === "limited" ? "too many requests" : "service unavailable" },
  };
}

/** The same JSON as another version of the service would say it: one field is gone, renamed, or of another type. */
function otherwise(body: unknown, draw: number): unknown {
  if (Array.isArray(body)) return body.map((item) => otherwise(item, draw));
  if (typeof body !== "object" || body === null) return body;
  const names = Object.keys(body).filter((name) => (body as never)[name] !== undefined);
  if (names.length === 0) return body;
  const changed = names[draw % names.length] as string;
  const way = Math.floor(draw / names.length) % 3;
  const entries = Object.entries(body).flatMap(([name, value]): [string, unknown][] => {
    if (name !== changed) return [[name, value]];
    if (way === 0) return [];
    if (way === 1) return [[`${name}_v2`, value]];
    return [[name, typeof value === "string" ? { value } : String(value)]];
  });
  return Object.fromEntries(entries);
}

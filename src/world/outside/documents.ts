/** Stand-ins that are described by data: an OpenAPI 3 document, or a recording of what a service has answered. */
import { bad, show } from "../refusals.ts";
import type { RecordedExchange, ServiceAnswer, ServiceHandler } from "./types.ts";

const METHODS = ["get", "put", "post", "delete", "patch", "head", "options"];
const DEPTH_MAX = 12;

/** The handler that a document describes. Throws `LC_BAD_WORLD` if it describes none. */
export function handlerOf(document: unknown, where: string): ServiceHandler {
  if (typeof document === "object" && document !== null) {
    const { openapi, paths, log } = document as {
      openapi?: unknown;
      paths?: unknown;
      log?: unknown;
    };
    if (typeof openapi === "string" && typeof paths === "object" && paths !== null) {
      return fromOpenApi(document as OpenApi);
    }
    const entries = (log as { entries?: unknown } | undefined)?.entries;
    if (Array.isArray(entries)) return fromRecording(entries.map((entry) => fromHar(entry, where)));
    if (Array.isArray(document) && document.length > 0 && document.every(isExchange)) {
      return fromRecording(document);
    }
  }
  throw bad(
    `${where}: ${show(document)} is no service`,
    "A service is a function (request) => answer, an OpenAPI 3 document, or a recording: [{ request: { method, path }, response }].",
  );
}

// ---------------------------------------------------------------- recordings

function isExchange(value: unknown): value is RecordedExchange {
  const { request, response } = (value ?? {}) as Partial<RecordedExchange>;
  return (
    typeof request?.method === "string" &&
    typeof request.path === "string" &&
    typeof response === "object" &&
    response !== null
  );
}

function fromHar(entry: unknown, where: string): RecordedExchange {
  const { request, response } = (entry ?? {}) as {
    request?: { method?: unknown; url?: unknown };
    response?: { status?: unknown; content?: { text?: unknown; mimeType?: unknown } };
  };
  if (typeof request?.method !== "string" || typeof request.url !== "string") {
    throw bad(`${where}: an entry of the HAR file has no request`);
  }
  const { pathname, search } = new URL(request.url);
  const type = response?.content?.mimeType;
  return {
    request: { method: request.method, path: pathname + search },
    response: {
      status: Number(response?.status ?? 200),
      ...(typeof type === "string" && { headers: { "content-type": type } }),
      body: String(response?.content?.text ?? ""),
    },
  };
}

/** Answers of one request in the order in which they were recorded; the last one again and again. */
function fromRecording(exchanges: readonly RecordedExchange[]): ServiceHandler {
  const asked = new Map<string, number>();
  return ({ method, path, query }) => {
    const search = new URLSearchParams(query).toString();
    const paths = search === "" ? [path] : [`${path}?${search}`, path];
    for (const full of paths) {
      const all = exchanges.filter(({ request }) => {
        return request.method.toUpperCase() === method && request.path === full;
      });
      if (all.length === 0) continue;
      const key = `${method} ${full}`;
      const at = asked.get(key) ?? 0;
      asked.set(key, at + 1);
      return (all[Math.min(at, all.length - 1)] as RecordedExchange).response;
    }
    return { status: 404, body: { error: `nothing was recorded for ${method} ${path}` } };
  };
}

// ---------------------------------------------------------------- OpenAPI

interface OpenApi {
  readonly paths: Readonly<Record<string, Readonly<Record<string, unknown>>>>;
}

interface Operation {
  readonly responses?: Readonly<Record<string, unknown>>;
}

/** Answers with the example of the first successful response, or with one made from its schema. */
function fromOpenApi(document: OpenApi): ServiceHandler {
  const routes = Object.entries(document.paths).flatMap(([template, item]) =>
    METHODS.filter((method) => method in item).map((method) => ({
      method: method.toUpperCase(),
      pattern: patternOf(template),
      // A path without parameters is preferred to one with some.
      parameters: template.split("{").length,
      operation: item[method] as Operation,
    })),
  );
  routes.sort((a, b) => a.parameters - b.parameters);
  return ({ method, path }): ServiceAnswer => {
    const matching = routes.filter(({ pattern }) => pattern.test(path));
    const route = matching.find((one) => one.method === method);
    if (!route)
      return { status: matching.length > 0 ? 405 : 404, body: { error: `${method} ${path}` } };
    return answerOf(document, route.operation);
  };
}

function patternOf(template: string): RegExp {
  const parts = template.split(/(\{[^}]*\})/).map((part) => {
    return part.startsWith("{") ? "[^/]+" : part.replaceAll(/[.*+?^$()|[\]\\]/g, String.raw`\$&`);
  });
  return new RegExp(`^${parts.join("")}/?$`);
}

function answerOf(document: OpenApi, { responses = {} }: Operation): ServiceAnswer {
  const codes = Object.keys(responses);
  const code = codes.find((each) => each.startsWith("2")) ?? codes[0] ?? "204";
  const response = resolved(document, responses[code]) as {
    content?: Readonly<Record<string, MediaType>>;
  };
  const status = /^\d{3}$/.test(code) ? Number(code) : 200;
  const [type, media] = Object.entries(response?.content ?? {})[0] ?? [];
  if (type === undefined || media === undefined) return { status };
  const [first] = Object.values(media.examples ?? {});
  const example =
    media.example ?? (resolved(document, first) as { value?: unknown } | undefined)?.value;
  const body = example ?? sampleOf(document, media.schema, 0);
  return { status, headers: { "content-type": type }, body };
}

interface MediaType {
  readonly example?: unknown;
  readonly examples?: Readonly<Record<string, unknown>>;
  readonly schema?: unknown;
}

/** Follows a reference within the document. */
function resolved(document: OpenApi, value: unknown): unknown {
  const reference = (value as { $ref?: unknown } | undefined)?.$ref;
  if (typeof reference !== "string" || !reference.startsWith("#/")) return value;
  const steps = reference.slice(2).split("/");
  return steps.reduce<unknown>((at, step) => {
    const name = step.replaceAll("~1", "/").replaceAll("~0", "~");
    return (at as Record<string, unknown> | undefined)?.[name];
  }, document);
}

interface Schema {
  readonly type?: unknown;
  readonly example?: unknown;
  readonly default?: unknown;
  readonly enum?: readonly unknown[];
  readonly properties?: Readonly<Record<string, unknown>>;
  readonly items?: unknown;
  readonly format?: string;
  readonly allOf?: readonly unknown[];
  readonly oneOf?: readonly unknown[];
  readonly anyOf?: readonly unknown[];
}

/** A value that a schema allows. */
function sampleOf(document: OpenApi, given: unknown, depth: number): unknown {
  const schema = (resolved(document, given) ?? {}) as Schema;
  if (schema.example !== undefined) return schema.example;
  if (schema.default !== undefined) return schema.default;
  if (schema.enum) return schema.enum[0];
  if (depth > DEPTH_MAX) return null;
  if (schema.allOf) {
    return Object.assign({}, ...schema.allOf.map((part) => sampleOf(document, part, depth + 1)));
  }
  const [choice] = schema.oneOf ?? schema.anyOf ?? [];
  if (choice !== undefined) return sampleOf(document, choice, depth + 1);
  const type = Array.isArray(schema.type) ? schema.type[0] : schema.type;
  if (schema.properties || type === "object") {
    const entries = Object.entries(schema.properties ?? {});
    return Object.fromEntries(
      entries.map(([name, part]) => [name, sampleOf(document, part, depth + 1)]),
    );
  }
  if (type === "array") return [sampleOf(document, schema.items, depth + 1)];
  if (type === "integer" || type === "number") return 1;
  if (type === "boolean") return true;
  if (type === "null") return null;
  return (
    {
      "date-time": "2026-01-01T00:00:00Z",
      date: "2026-01-01",
      uuid: "00000000-0000-4000-8000-000000000000",
    }[schema.format ?? ""] ?? "text"
  );
}

/** All proxies of a server, and the rules of toxiproxy for what may be added to them. */
import { Prng } from "../base/prng.ts";
import { type Address, parseAddress } from "./address.ts";
import { ApiError } from "./api-error.ts";
import { type ChaosEvent, ChaosProxy } from "./proxy.ts";
import { findToxicKind } from "./registry.ts";
import type { Attributes, Toxic, ToxicKind } from "./toxic.ts";

/** A proxy as a client describes it. */
export interface ProxyDescription {
  readonly name: string;
  readonly listen: Address;
  readonly upstream: Address;
  readonly enabled: boolean;
}

/** Proxies by name. All that is drawn depends on `seed`. */
export class ProxyCollection {
  readonly #prng: Prng;
  readonly #tell: (event: ChaosEvent) => void;
  readonly #proxies = new Map<string, ChaosProxy>();

  constructor(seed: number, tell: (event: ChaosEvent) => void = () => {}) {
    this.#prng = Prng.root(seed).fork("chaos");
    this.#tell = tell;
  }

  /** All proxies, in the order in which they were added. */
  all(): readonly ChaosProxy[] {
    return [...this.#proxies.values()];
  }

  /** The proxy of this name; an {@link ApiError} if there is none. */
  get(name: string): ChaosProxy {
    const proxy = this.#proxies.get(name);
    if (proxy === undefined) throw new ApiError(404, "proxy not found");
    return proxy;
  }

  /** Adds a proxy. An {@link ApiError} if the name is taken; Node's error if it cannot listen. */
  async add(description: ProxyDescription): Promise<ChaosProxy> {
    const { name, listen, upstream, enabled } = description;
    if (this.#proxies.has(name)) throw new ApiError(409, "proxy already exists");
    const proxy = new ChaosProxy(name, listen, upstream, this.#prng, this.#tell);
    // The name is taken before anything waits: another request may ask for it meanwhile.
    this.#proxies.set(name, proxy);
    try {
      if (enabled) await proxy.start();
    } catch (error) {
      this.#proxies.delete(name);
      throw error;
    }
    return proxy;
  }

  /** Adds a proxy, or replaces the one of this name if its addresses are others. */
  async addOrReplace(description: ProxyDescription): Promise<ChaosProxy> {
    const { name, listen, upstream, enabled } = description;
    const there = this.#proxies.get(name);
    if (there?.hasAddresses(listen, upstream)) {
      await (enabled ? there.start() : there.stop());
      return there;
    }
    if (there !== undefined) await this.remove(name);
    return this.add(description);
  }

  /** Stops a proxy and forgets it. */
  async remove(name: string): Promise<void> {
    const proxy = this.get(name);
    this.#proxies.delete(name);
    await proxy.stop();
    this.#tell({ kind: "removed", proxy: name });
  }

  /** Starts all proxies and removes all toxics. */
  async reset(): Promise<void> {
    for (const proxy of this.all()) {
      await proxy.start();
      for (const toxic of proxy.toxics) proxy.remove(toxic);
    }
  }

  /** Stops all proxies. */
  async stop(): Promise<void> {
    await Promise.all(this.all().map((proxy) => proxy.stop()));
  }
}

/** What a client says of a toxic, in JSON. Everything is checked. */
export type Given = Readonly<Record<string, unknown>>;

/** A toxic as a client describes it. An {@link ApiError} names what is wrong. */
export function newToxic(given: Given): Toxic {
  const stream = given["stream"] ?? "downstream";
  if (stream !== "upstream" && stream !== "downstream") {
    throw new ApiError(400, "stream was invalid, can be either upstream or downstream");
  }
  const kind = typeof given["type"] === "string" ? findToxicKind(given["type"]) : undefined;
  if (kind === undefined) throw new ApiError(400, "invalid toxic type");
  const name = textOf(given, "name") || `${kind.type}_${stream}`;
  const usual: Record<string, number> = {};
  for (const [attribute, { usual: value }] of Object.entries(kind.attributes)) {
    usual[attribute] = value;
  }
  const attributes = readAttributes(kind, given["attributes"], usual);
  return { name, kind, stream, toxicity: readToxicity(given["toxicity"], 1), attributes };
}

/** Changes a toxic as a client says: what is not named stays. */
export function updateToxic(toxic: Toxic, given: Given): void {
  const attributes = readAttributes(toxic.kind, given["attributes"], toxic.attributes);
  toxic.toxicity = readToxicity(given["toxicity"], toxic.toxicity);
  toxic.attributes = attributes;
}

/** The toxic of a proxy by name; an {@link ApiError} if there is none. */
export function findToxic(proxy: ChaosProxy, name: string): Toxic {
  const toxic = proxy.toxics.find((other) => other.name === name);
  if (toxic === undefined) throw new ApiError(404, "toxic not found");
  return toxic;
}

/** Adds a toxic to a proxy, unless it has one of this name. */
export function addToxic(proxy: ChaosProxy, toxic: Toxic): void {
  if (proxy.toxics.some(({ name }) => name === toxic.name)) {
    throw new ApiError(409, "toxic already exists");
  }
  proxy.add(toxic);
}

/** A proxy as a client describes it in JSON; `before` is what it is now, where it is updated. */
export function describeProxy(given: Given, before?: ChaosProxy, place = ""): ProxyDescription {
  const name = before?.name ?? textOf(given, "name");
  if (name === "") throw new ApiError(400, `missing required field: name${place}`);
  const upstreamText = textOf(given, "upstream") || (before?.upstream ?? "");
  if (upstreamText === "") throw new ApiError(400, `missing required field: upstream${place}`);
  const listenText = textOf(given, "listen") || (before?.listen ?? "127.0.0.1:0");
  const enabled = given["enabled"] ?? before?.enabled ?? true;
  if (typeof enabled !== "boolean") throw bad("enabled must be true or false");
  return {
    name,
    // As in Go, ":6380" listens on all addresses.
    listen: readAddress("listen", listenText, "::"),
    upstream: readAddress("upstream", upstreamText, "localhost"),
    enabled,
  };
}

function readAddress(field: string, text: string, bareHost: string): Address {
  const address = parseAddress(text, bareHost);
  if (address === undefined) throw bad(`${field}: ${JSON.stringify(text)} is not HOST:PORT`);
  return address;
}

function readToxicity(given: unknown, before: number): number {
  const toxicity = given ?? before;
  if (typeof toxicity === "number" && toxicity >= 0 && toxicity <= 1) return toxicity;
  throw bad("toxicity must be a number from 0 to 1");
}

/** Attributes that a kind does not have are let be, as toxiproxy does. */
function readAttributes(kind: ToxicKind, given: unknown, before: Attributes): Attributes {
  if (
    given !== undefined &&
    given !== null &&
    (typeof given !== "object" || Array.isArray(given))
  ) {
    throw bad("attributes must be an object");
  }
  const values = (given ?? {}) as Given;
  const attributes: Record<string, number> = { ...before };
  for (const [name, { unit }] of Object.entries(kind.attributes)) {
    const value = values[name];
    if (value === undefined || value === null) continue;
    const most = unit === "probability" ? 1 : Number.MAX_SAFE_INTEGER;
    if (typeof value !== "number" || !(value >= 0 && value <= most)) {
      const range = unit === "probability" ? "from 0 to 1" : "that is not negative";
      throw bad(`${name} must be a number ${range}`);
    }
    attributes[name] = value;
  }
  const complaint = kind.complaint?.(attributes);
  if (complaint !== undefined) throw bad(complaint);
  return attributes;
}

function textOf(given: Given, field: string): string {
  const value = given[field] ?? "";
  if (typeof value !== "string") throw bad(`${field} must be a string`);
  return value;
}

function bad(what: string): ApiError {
  return new ApiError(400, `bad request body: ${what}`);
}

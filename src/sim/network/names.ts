/**
 * The data of the world's resolver: host names and their addresses. A host may be given different answers
 * (stale ones), or none.
 */
import { digestOfText } from "../../base/fingerprint.ts";
import type { LookupDetail } from "../../trace/details.ts";
import type { Host } from "../host.ts";
import { Kind } from "../kernel.ts";
import { canonical, familyOf } from "./address.ts";

/** The result of a lookup: addresses, no such name, or no answer at all. */
export type NameAnswer = readonly string[] | "not found" | "no answer";

/** The names of a world. Names are case-insensitive; a trailing dot is dropped. */
export class Names {
  readonly #addresses: Map<string, readonly string[]> = new Map();
  readonly #hidden: Map<string, readonly string[]> = new Map();
  readonly #byAddress: Map<string, string> = new Map();
  readonly #overrides: Map<string, NameAnswer> = new Map();
  readonly #silent: Set<number> = new Set();
  readonly #lookups: Map<number, number> = new Map();

  /** The number of names that a host has looked up so far. */
  lookupsOf(host: Host): number {
    return this.#lookups.get(host.id) ?? 0;
  }

  /** Sets the addresses of `name`, replacing the previous ones. */
  set(name: string, addresses: readonly string[]): void {
    const key = normal(name);
    this.#addresses.set(
      key,
      addresses.map((address) => canonical(address) ?? address),
    );
    for (const address of addresses) {
      if (!this.#byAddress.has(address)) this.#byAddress.set(address, name);
    }
  }

  /**
   * Sets an IPv6 address for `name` that is returned only to explicit IPv6 queries: most servers listen on
   * IPv4, and a client that gets both addresses tries both.
   */
  setHidden(name: string, address: string): void {
    this.#hidden.set(normal(name), [address]);
    if (!this.#byAddress.has(address)) this.#byAddress.set(address, name);
  }

  delete(name: string): void {
    this.#addresses.delete(normal(name));
    this.#hidden.delete(normal(name));
  }

  /** Sets the answer that `host` gets when it looks up `name`; `undefined` removes the override. */
  override(host: Host, name: string, answer: NameAnswer | undefined): void {
    const key = `${host.id} ${normal(name)}`;
    if (answer === undefined) this.#overrides.delete(key);
    else this.#overrides.set(key, answer);
  }

  /** Sets whether `host` gets no answer from its resolver to any query. */
  setSilent(host: Host, silent: boolean): void {
    if (silent) this.#silent.add(host.id);
    else this.#silent.delete(host.id);
  }

  /** The answer that `host` gets for `name`'s addresses, of one family or (0) of both. */
  lookup(host: Host, name: string, family: 0 | 4 | 6): NameAnswer {
    const { kernel } = host;
    this.#lookups.set(host.id, this.lookupsOf(host) + 1);
    const found = this.#find(host, name, family);
    const isFree = typeof found !== "string" && host.freedoms?.probability;
    const answer = isFree ? (host.freedoms?.order(found) ?? found) : found;
    const detail: LookupDetail = { name, answer };
    kernel.mark(host.id, Kind.lookup, digestOfText(name), kernel.observer && detail);
    return answer;
  }

  #find(host: Host, name: string, family: 0 | 4 | 6): NameAnswer {
    const key = normal(name);
    if (key === "localhost") return [family === 6 ? "::1" : "127.0.0.1"];
    const answer = this.#answer(host, key);
    if (typeof answer === "string" || family === 0) return answer;
    const found = answer.filter((address) => familyOf(address) === family);
    return family === 6 && found.length === 0 ? (this.#hidden.get(key) ?? []) : found;
  }

  #answer(host: Host, key: string): NameAnswer {
    const override = this.#overrides.get(`${host.id} ${key}`);
    if (override !== undefined) return override;
    if (this.#silent.has(host.id)) return "no answer";
    return this.#addresses.get(key) ?? "not found";
  }

  /** The name of an address. Returns undefined if it has none. */
  reverse(address: string): string | undefined {
    if (address.startsWith("127.") || address === "::1") return "localhost";
    return this.#byAddress.get(address);
  }
}

function normal(name: string): string {
  const lower = name.toLowerCase();
  return lower.endsWith(".") ? lower.slice(0, -1) : lower;
}

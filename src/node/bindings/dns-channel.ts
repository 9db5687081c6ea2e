/**
 * `ChannelWrap`, a resolver of c-ares: one for each `dns.Resolver`, and one for the module. Unless
 * it is given servers of its own, the world's names answer, as a name server on the network would.
 */
import { MS, SECOND } from "../../base/units.ts";
import { canonical, familyOf, parseIPv6 } from "../../sim/network/address.ts";
import { stackOf } from "../../sim/network/stack.ts";
import { Kind } from "../../trace/kinds.ts";
import type { BindingContext } from "./context.ts";
import { DnsExchange } from "./dns-exchange.ts";
import { type Answers, RecordType, type RecordTypeName } from "./dns-packet.ts";
import type { Request } from "./stream.ts";

const ARES_SUCCESS = 0;
const DNS_ESETSRVPENDING = -1000;

/** The time of a query to the network's own name server and back. */
const QUERY_NS: number = 0.5 * MS;
/** c-ares: four tries of 2 s, doubled each round from the second on. */
const NO_ANSWER_NS: number = 20 * SECOND;
const DEFAULT_TTL_S = 60;

const DEFAULT_SERVERS: readonly [address: string, port: number][] = [["127.0.0.53", 53]];

/** A query in progress that can be cancelled. */
interface Pending {
  cancel(): void;
}

/** Creates the class for one process. */
export function createChannelClass(context: BindingContext): new (timeoutMs: number) => object {
  const { process, loop } = context;
  const { names } = stackOf(process.host).network;

  class ChannelWrap {
    readonly #asyncId: number = context.async.register(this, "DNSCHANNEL");
    readonly #timeoutMs: number;
    readonly #tries: number;
    readonly #maxTimeoutMs: number;
    readonly #pending: Set<Pending> = new Set();
    #servers: [address: string, port: number][] = DEFAULT_SERVERS.map((server) => [...server]);
    #ownServers = false;

    constructor(timeoutMs: number, tries = 4, maxTimeoutMs = 0) {
      this.#timeoutMs = timeoutMs;
      this.#tries = tries;
      this.#maxTimeoutMs = maxTimeoutMs;
    }

    getAsyncId(): number {
      return this.#asyncId;
    }

    getServers(): [string, number][] {
      return this.#servers.map(([address, port]) => [address, port]);
    }

    setServers(
      servers: readonly (readonly [family: number, address: string, port: number])[],
    ): number {
      if (this.#pending.size > 0) return DNS_ESETSRVPENDING;
      this.#servers = servers.map(([, address, port]) => [address, port]);
      this.#ownServers = true;
      return ARES_SUCCESS;
    }

    /**
     * Sets the local addresses of both families, or of one of them. Throws the errors of Node's
     * C++.
     */
    setLocalAddress(first: string, second?: string): void {
      const families = [first, second]
        .filter((address) => address !== undefined)
        .map((address) => familyOf(address));
      const wrong = families.includes(0);
      if (wrong || families.length === 0) throw codeError("Invalid IP address.");
      if (families.length === 2 && families[0] === families[1]) {
        throw codeError(`Cannot specify two IPv${families[0]} addresses.`);
      }
    }

    cancel(): void {
      for (const pending of this.#pending) pending.cancel();
    }

    queryAny = this.#query("ANY");
    queryA = this.#query("A");
    queryAaaa = this.#query("AAAA");
    queryCaa = this.#query("CAA");
    queryCname = this.#query("CNAME");
    queryMx = this.#query("MX");
    queryNaptr = this.#query("NAPTR");
    queryNs = this.#query("NS");
    queryPtr = this.#query("PTR");
    querySrv = this.#query("SRV");
    querySoa = this.#query("SOA");
    queryTlsa = this.#query("TLSA");
    queryTxt = this.#query("TXT");

    getHostByAddr(request: Request, address: string): number {
      const plain = canonical(address);
      // c-ares: ARES_ENOTIMP if the address is invalid.
      if (plain === undefined) return -22;
      if (this.#ownServers) {
        this.#ask(request, reverseName(plain), "PTR");
      } else {
        const name = names.reverse(plain);
        this.#complete(request, QUERY_NS, name === undefined ? ["ENOTFOUND"] : [null, [name]]);
      }
      return 0;
    }

    #query(type: RecordTypeName): (request: Request, name: string) => number {
      return (request, name) => {
        // c-ares never sends queries for names of the Tor network (RFC 7686).
        if (/\.onion\.?$/i.test(name)) this.#complete(request, QUERY_NS, ["ENOTFOUND"]);
        else if (this.#ownServers) this.#ask(request, name, type);
        else this.#lookUp(request, name, type);
        return 0;
      };
    }

    #lookUp(request: Request, name: string, type: RecordTypeName): void {
      const family = type === "A" ? 4 : type === "AAAA" ? 6 : 0;
      const answer = names.lookup(process.host, name, family);
      if (answer === "no answer") this.#complete(request, NO_ANSWER_NS, ["ETIMEOUT"]);
      else if (answer === "not found") this.#complete(request, QUERY_NS, ["ENOTFOUND"]);
      else if (answer.length === 0 || (family === 0 && type !== "ANY")) {
        this.#complete(request, QUERY_NS, ["ENODATA"]);
      } else if (type === "ANY") {
        const records = answer.map((address) => ({
          address,
          ttl: DEFAULT_TTL_S,
          type: address.includes(":") ? "AAAA" : "A",
        }));
        this.#complete(request, QUERY_NS, [null, records]);
      } else {
        const ttls = answer.map(() => DEFAULT_TTL_S);
        this.#complete(request, QUERY_NS, [null, [...answer], ttls]);
      }
    }

    #ask(request: Request, name: string, type: RecordTypeName): void {
      const exchange = new DnsExchange({
        context,
        servers: this.#servers,
        timeoutMs: this.#timeoutMs,
        tries: this.#tries,
        maxTimeoutMs: this.#maxTimeoutMs,
        name,
        type: RecordType[type],
        onEnd: (error, answers) => {
          this.#pending.delete(exchange);
          this.#finish(request, error === undefined ? resultOf(type, answers) : [error]);
        },
      });
      loop.retain();
      this.#pending.add(exchange);
      exchange.start();
    }

    #complete(request: Request, delayNs: number, args: unknown[]): void {
      loop.retain();
      let cancelled = false;
      const pending: Pending = {
        cancel: () => {
          cancelled = true;
          this.#pending.delete(pending);
          process.schedule(
            0,
            Kind.completion,
            () => this.#finish(request, ["ECANCELLED"]),
            undefined,
          );
        },
      };
      this.#pending.add(pending);
      const finish = (): void => {
        if (cancelled) return;
        this.#pending.delete(pending);
        this.#finish(request, args);
      };
      process.schedule(delayNs, Kind.completion, finish, undefined);
    }

    #finish(request: Request, args: unknown[]): void {
      loop.release();
      const { oncomplete } = request;
      if (oncomplete) context.async.makeCallback(request as object, oncomplete, args);
    }
  }

  return ChannelWrap;
}

/** Returns the argument of `oncomplete` for the records of a response. */
function resultOf(type: RecordTypeName, answers: Answers): unknown[] {
  if (type === "ANY") {
    return answers.all.length > 0 ? [null, answers.all] : ["ENODATA"];
  }
  const records = answers.all.filter((record) => record.type === type);
  if (records.length === 0) return ["ENODATA"];
  switch (type) {
    case "A":
    case "AAAA":
      return [null, records.map(({ address }) => address), records.map(({ ttl }) => ttl)];
    case "CNAME":
    case "NS":
    case "PTR":
      return [null, records.map(({ value }) => value)];
    case "TXT":
      return [null, records.map(({ entries }) => entries)];
    case "SOA": {
      const { type: _, ...soa } = records[0] as { type: string };
      return [null, soa];
    }
    default:
      return [
        null,
        records.map(({ type: kind, ...rest }) => (type === "CAA" ? { ...rest, type: kind } : rest)),
      ];
  }
}

/** Returns the domain name for the reverse lookup of an address (RFC 1035, 3.5; RFC 3596, 2.5). */
function reverseName(address: string): string {
  const groups = parseIPv6(address);
  if (groups === undefined) return `${address.split(".").reverse().join(".")}.in-addr.arpa`;
  const digits = groups.map((group) => group.toString(16).padStart(4, "0")).join("");
  return `${[...digits].reverse().join(".")}.ip6.arpa`;
}

function codeError(message: string): Error {
  return Object.assign(new Error(message), { code: "ERR_INVALID_ARG_VALUE" });
}

/**
 * `cares_wrap`: name lookups of one process. Answers come from the world's names, at a virtual
 * time. A resolver with servers of its own queries them over the simulated network.
 */
import { MS, SECOND } from "../../base/units.ts";
import { canonical, familyOf, parseIPv6 } from "../../sim/network/address.ts";
import { Errno } from "../../sim/network/errno.ts";
import type { NameAnswer } from "../../sim/network/names.ts";
import { stackOf } from "../../sim/network/stack.ts";
import { Kind } from "../../trace/kinds.ts";
import type { BindingContext } from "./context.ts";
import { createChannelClass } from "./dns-channel.ts";
import { errorText } from "./dns-errors.ts";
import { Buffer } from "node:buffer";
import { type Request, requestClass } from "./stream.ts";

const AI_V4MAPPED = 8;
const AI_ALL = 16;
const AI_ADDRCONFIG = 32;

const DNS_ORDER_VERBATIM = 0;
const DNS_ORDER_IPV4_FIRST = 1;
const DNS_ORDER_IPV6_FIRST = 2;

/** The time after which the machine's resolver answers. glibc gives up after two tries of 5 s. */
const LOOKUP_NS: number = 0.3 * MS;
const NO_ANSWER_NS: number = 10 * SECOND;

const services: Record<number, string> = {
  7: "echo",
  20: "ftp-data",
  21: "ftp",
  22: "ssh",
  23: "telnet",
  25: "smtp",
  53: "domain",
  80: "http",
  110: "pop3",
  123: "ntp",
  143: "imap2",
  443: "https",
  993: "imaps",
  995: "pop3s",
  3306: "mysql",
  5432: "postgresql",
  5672: "amqp",
};

/** Creates `cares_wrap` for one process. */
export function createCaresBinding(context: BindingContext): object {
  const { process, loop } = context;
  const { names } = stackOf(process.host).network;

  function complete(request: Request, delayNs: number, args: unknown[]): void {
    loop.retain();
    process.schedule(delayNs, Kind.completion, finish, undefined);
    function finish(): void {
      loop.release();
      const { oncomplete } = request;
      if (oncomplete) context.async.makeCallback(request as object, oncomplete, args);
    }
  }

  function getaddrinfo(
    request: Request,
    hostname: string,
    family: 0 | 4 | 6,
    hints: number,
    order: number | boolean,
  ): number {
    let answer: NameAnswer = names.lookup(process.host, hostname, family);
    if (family === 6 && hints & AI_V4MAPPED && (answer.length === 0 || hints & AI_ALL)) {
      const four = names.lookup(process.host, hostname, 4);
      if (typeof four !== "string" && typeof answer !== "string") {
        answer = [...answer, ...four.map((address) => `::ffff:${address}`)];
      }
    }
    if (answer === "no answer") {
      complete(request, NO_ANSWER_NS, [Errno.EAI_AGAIN, undefined]);
    } else if (answer === "not found" || answer.length === 0) {
      complete(request, LOOKUP_NS, [Errno.EAI_NONAME, undefined]);
    } else {
      // Node 20 passes `verbatim`, later versions an order.
      const wanted = typeof order === "boolean" ? (order ? 0 : 1) : order;
      complete(request, LOOKUP_NS, [null, inOrder(answer, wanted)]);
    }
    return 0;
  }

  function getnameinfo(request: Request, address: string, port: number): number {
    const name = names.reverse(canonical(address) ?? address);
    const service = services[port] ?? String(port);
    if (name === undefined) complete(request, LOOKUP_NS, [Errno.EAI_NONAME]);
    else complete(request, LOOKUP_NS, [null, name, service]);
    return 0;
  }

  return {
    getaddrinfo,
    getnameinfo,
    canonicalizeIP: canonical,
    convertIpv6StringToBuffer,
    strerror: errorText,
    AF_INET: 2,
    AF_INET6: 10,
    AF_UNSPEC: 0,
    AI_ADDRCONFIG,
    AI_ALL,
    AI_V4MAPPED,
    DNS_ORDER_VERBATIM,
    DNS_ORDER_IPV4_FIRST,
    DNS_ORDER_IPV6_FIRST,
    GetAddrInfoReqWrap: requestClass(context, "GETADDRINFOREQWRAP"),
    GetNameInfoReqWrap: requestClass(context, "GETNAMEINFOREQWRAP"),
    QueryReqWrap: requestClass(context, "QUERYWRAP"),
    ChannelWrap: createChannelClass(context),
  };
}

function inOrder(addresses: readonly string[], order: number): string[] {
  if (order === DNS_ORDER_VERBATIM) return [...addresses];
  const first = order === DNS_ORDER_IPV4_FIRST ? 4 : 6;
  const matches = (address: string): boolean => familyOf(address) === first;
  return [...addresses.filter(matches), ...addresses.filter((address) => !matches(address))];
}

function convertIpv6StringToBuffer(text: string): Buffer | undefined {
  const groups = parseIPv6(text);
  if (groups === undefined) return undefined;
  return Buffer.from(groups.flatMap((group) => [group >> 8, group & 0xff]));
}

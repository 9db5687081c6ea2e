/** Dissectors never throw, lose no byte and give no place outside of a message, whatever the bytes are. */
import { describe, expect, it } from "vitest";
import { Prng } from "../../src/base/prng.ts";
import { dissect, dissectors, type Field, type Packet } from "../../src/dissect/index.ts";
import { bytes, packets } from "./support.ts";

/** One conversation of each protocol, both sides. */
const conversations: Readonly<Record<string, Packet[]>> = {
  redis: packets(
    [0, "*3\r\n$3\r\nSET\r\n$1\r\nk\r\n$2\r\nhi\r\n*2\r\n$9\r\nSUBSCRIBE\r\n$1\r\na\r\nPING\r\n"],
    [1, "+OK\r\n%1\r\n+a\r\n*2\r\n:1\r\n$-1\r\n>1\r\n+x\r\n-ERR no\r\n=7\r\ntxt:abc\r\n"],
  ),
  http: packets(
    [
      0,
      'POST /a?query={x} HTTP/1.1\r\nHost: h\r\nContent-Length: 13\r\n\r\n{"query":"{a}GET / HTTP/1.1\r\nUpgrade: websocket\r\n\r\n',
    ],
    [
      1,
      'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nContent-Type: text/xml\r\n\r\n5\r\n<a b=\r\n6\r\n"c"/>x\r\n0\r\n\r\n',
    ],
    [1, "HTTP/1.1 101 Switching\r\nUpgrade: websocket\r\n\r\n"],
    [1, "0x8105 48656c6c6f 0103 48656c 8002 6c6f 8802 03e8"],
    [0, "0x8185 37fa213d 7f9f4d5158"],
  ),
  http2: packets(
    [0, "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"],
    [0, "0x000000040000000000 00001001 05 00000001 828684418cf1e3c2e5f23a6ba0ab90f4"],
    [
      1,
      "0x000006040000000000 000300000064 000001010400000001 88 000008000100000001 0000000003080201",
    ],
  ),
  amqp: packets(
    [
      0,
      "0x414d515000000901 01000100000005 0014000a00ce 0100010000000f 003c0028 0000 03657863 036b6579 00 ce",
    ],
    [
      0,
      "0x02000100000019 003c 0000 0000000000000002 8000 0a746578742f706c61696e ce 03000100000002 6869 ce",
    ],
    [1, "0x01000100000008 0014000b 00000000 ce 0100010000000d 003c0050 0000000000000001 00 ce"],
  ),
  postgres: packets(
    [0, "0x0000001000030000 7573657200750000"],
    [
      0,
      "Q\0\0\0\x0dselect 1\0P\0\0\0\x0e\0select\0\0\0B\0\0\0\x11\0\0\0\0\0\x01\0\0\0\x01a\0\0S\0\0\0\x04",
    ],
    [
      1,
      "R\0\0\0\x08\0\0\0\0Z\0\0\0\x05IT\0\0\0\x1a\0\x01a\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0D\0\0\0\x0b\0\x01\0\0\0\x01xC\0\0\0\x0dSELECT 1\0E\0\0\0\x0fSERROR\0MX\0\0",
    ],
  ),
  mqtt: packets(
    [
      0,
      "0x100f 0004 4d515454 05 02 003c 00 0002 6162 3208 0003 612f62 0001 00 820a 0002 00 0003 612f62 00",
    ],
    [1, "0x2003 00 00 00 4002 0001 9004 0002 00 01 d000"],
  ),
  dns: packets([
    0,
    "0x0021db42 0100 0001 0000 0000 0000 03777777 07657861 6d706c65 03636f6d 00 0001 0001",
  ]),
  capnp: packets([
    0,
    "0x00000000 09000000 00000000 01000100 02000000 00000000 00000000 03000300 05000000 02000000 88776655 44332211 00000000 00000000 00000000 00000000 00000000 00000000 00000000 00000000",
  ]),
  tls: packets([0, "0x160301000801000004 03030000 1703030003 616263"]),
  text: packets([0, 'hello\n{"a": [1, "b", {"c": null}]}\nrest']),
};

const filters = new Set(dissectors.flatMap(({ filters }) => filters));

/** Every byte is in exactly one message, and fields are within their message. */
function check(sent: readonly Packet[], protocol: string, port?: number): void {
  const { messages } = dissect(sent, { protocol, port });
  for (const side of [0, 1] as const) {
    const own = messages.filter((message) => message.side === side);
    const ends = new Map<Uint8Array, number>();
    for (const { start, end, summary, source, fields, flat } of own.sort(
      (a, b) => a.start - b.start,
    )) {
      const at = ends.get(source) ?? 0;
      if (start !== at || end <= at)
        throw new Error(`a message from ${start} to ${end} after ${at}`);
      if (/[\x00-\x1f]/.test(summary)) throw new Error(`a summary with ${JSON.stringify(summary)}`);
      const unknown = Object.keys(flat).filter((name) => !filters.has(name));
      if (unknown.length > 0) throw new Error(`${unknown.join(", ")}: no dissector says so`);
      ends.set(source, end);
      for (const field of fields) within(field, start, end);
    }
    const length = sent.reduce(
      (sum, packet) => sum + (packet.side === side ? (packet.bytes?.length ?? 0) : 0),
      0,
    );
    const read = own.reduce((sum, { start, end }) => sum + end - start, 0);
    if (read !== length) throw new Error(`${read} of ${length} bytes were read`);
  }
}

function within({ start, end, children = [] }: Field, from: number, to: number): void {
  if (!(start >= from && end <= to && start <= end))
    throw new Error(`${start}-${end} is not in ${from}-${to}`);
  for (const child of children) within(child, from, to);
}

describe.each(Object.keys(conversations))("%s", (name) => {
  const sent = conversations[name] as Packet[];

  it("is recognized, and reads every byte", () => {
    const { dissector, messages } = dissect(sent);
    expect(dissector.name).toBe(name);
    expect(
      messages.filter(({ incomplete, summary }) => incomplete && summary.startsWith("not ")),
    ).toEqual([]);
    check(sent, name);
  });

  it("is read as far as it goes, wherever it is cut, joined or split", () => {
    for (const [index, packet] of sent.entries()) {
      const all = packet.bytes as Uint8Array;
      for (let cut = 0; cut <= all.length; cut++) {
        const before = sent.slice(0, index);
        const after = sent.slice(index + 1);
        const part = (from: number, to: number): Packet => ({
          ...packet,
          bytes: all.subarray(from, to),
        });
        check([...before, part(0, cut)], name);
        if (cut % 3 > 0) continue;
        check([...before, part(0, cut), part(cut, all.length), ...after], name);
        check([...before, { ...packet, bytes: undefined }, part(cut, all.length), ...after], name);
      }
    }
  });

  it("survives bytes that were changed, and bytes of any kind", () => {
    const prng = Prng.root(11);
    for (let round = 0; round < 100; round++) {
      const changed = sent.map((packet) => {
        const copy = Uint8Array.from(packet.bytes as Uint8Array);
        for (let i = 0; i < 3; i++) copy[prng.below(copy.length)] = prng.below(256);
        return { ...packet, bytes: copy };
      });
      check(changed, name);
      const noise = packets(
        [0, Uint8Array.from({ length: prng.below(200) }, () => prng.below(256))],
        [1, Uint8Array.from({ length: prng.below(200) }, () => prng.below(4))],
      );
      check(noise, name);
    }
  });
});

it("any bytes are given to some dissector", () => {
  const prng = Prng.root(12);
  for (let round = 0; round < 500; round++) {
    const noise = Uint8Array.from({ length: 1 + prng.below(60) }, () => prng.below(256));
    const { dissector, messages } = dissect(packets([prng.below(2) as 0 | 1, noise]));
    expect(dissectors).toContain(dissector);
    expect(messages.length).toBeGreaterThan(0);
  }
  expect(dissect(packets([0, bytes("\x00")])).dissector.name).toBe("raw");
});

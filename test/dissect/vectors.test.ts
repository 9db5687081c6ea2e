/** Messages from the standards and from real clients, byte for byte. */
import { describe, expect, it } from "vitest";
import { dissect } from "../../src/dissect/index.ts";
import { packets, summaries, told, tree } from "./support.ts";

/** A frame of HTTP/2. */
function frame(type: number, flags: number, stream: number, payload: string): string {
  const body = payload.replaceAll(" ", "");
  const hex = (value: number, digits: number): string => value.toString(16).padStart(digits, "0");
  return hex(body.length / 2, 6) + hex(type, 2) + hex(flags, 2) + hex(stream, 8) + body;
}

describe("HTTP/2", () => {
  const preface = Buffer.from("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n").toString("hex");
  // RFC 7541, C.4 and C.6: requests and replies of one connection, with Huffman code and the dynamic table.
  const requests = [
    "828684418cf1e3c2e5f23a6ba0ab90f4ff",
    "828684be5886a8eb10649cbf",
    "828785bf408825a849e95ba97d7f8925a849e95bb8e8b4bf",
  ];
  const replies = [
    "488264025885aec3771a4b6196d07abe941054d444a8200595040b8166e082a62d1bff6e919d29ad171863c78f0b97c8e9ae82ae43d3",
    "4883640effc1c0bf",
  ];

  it("decompresses headers, and pairs by stream", () => {
    const sent = packets(
      [0, `0x${preface}${frame(4, 0, 0, "")}${frame(1, 5, 1, requests[0] as string)}`],
      [0, `0x${frame(1, 5, 3, requests[1] as string)}${frame(1, 5, 5, requests[2] as string)}`],
      [1, `0x${frame(4, 0, 0, "000300000064")}${frame(4, 1, 0, "")}`],
      // The second stream is answered first. Its body is in two frames.
      [
        1,
        `0x${frame(1, 4, 3, replies[0] as string)}${frame(0, 0, 3, "7b2261")}${frame(0, 1, 3, "223a317d")}`,
      ],
      [
        1,
        `0x${frame(1, 5, 1, replies[1] as string)}${frame(3, 0, 5, "00000008")}${frame(7, 0, 0, "0000000500000000")}`,
      ],
    );
    const { messages } = dissect(sent);
    expect(told(sent)).toEqual([
      "- HTTP/2 preface",
      "> SETTINGS",
      "> GET / (stream 1)",
      "> GET / (stream 3)",
      "> GET /index.html (stream 5)",
      "> SETTINGS",
      "< SETTINGS ack",
      "< 302 (stream 3)",
      "- DATA 3 B (stream 3)",
      '- DATA 7 B JSON {"a":1} (stream 3)',
      "< 307 (stream 1)",
      "- RST_STREAM CANCEL (stream 5)",
      "- GOAWAY NO_ERROR, last stream 5",
    ]);
    expect(messages[2]?.partner?.summary).toBe("307 (stream 1)");
    expect(messages[3]?.partner?.flat).toEqual({
      "http2.type": "HEADERS",
      "http2.stream": 3,
      "http.method": "GET",
      "http.path": "/",
      "http.status": 302,
    });
    const headers = messages[4]?.fields.find(({ name }) => name === "headers")?.children ?? [];
    expect(headers.map(({ name, value }) => `${name}: ${value}`)).toEqual([
      ":method: GET",
      ":scheme: https",
      ":path: /index.html",
      ":authority: www.example.com",
      "custom-key: custom-value",
    ]);
  });

  it("says that headers cannot be read when what they refer to is missing", () => {
    const sent = [
      { id: 1, side: 0 as const, bytes: undefined },
      ...packets(
        [0, ""],
        [0, `0x${frame(1, 5, 3, requests[1] as string)}${frame(6, 0, 0, "0011223344556677")}`],
      ),
    ];
    const { messages, dissector } = dissect(sent);
    expect(dissector.name).toBe("http2");
    expect(summaries({ messages, dissector })).toEqual(["> GET / (stream 3)", "> PING"]);
    expect(tree(messages[0]?.fields ?? []).at(-1)).toContain("unreadable: index out of range");
  });
});

describe("Cap'n Proto", () => {
  it("shows structs, lists and texts by their pointers", () => {
    // Written by capnp-es 0.0.16: {id: 7, born: -5, name: "ada", emails: ["a@x", "b@y"], friends: [{id: 8, name: "alan"}]}.
    const person =
      "000000001200000000000000020003000700000000000000fbffffffffffffff090000002200000009000000160000001500" +
      "00002f00000061646100000000000500000022000000050000002200000061407800000000006240790000000000040000000200" +
      "030008000000000000000000000000000000090000002a00000000000000000000000000000000000000616c616e00000000";
    const { messages, dissector } = dissect(packets([0, `0x${person}`]));
    expect(dissector.name).toBe("capnp");
    expect(tree(messages[0]?.fields ?? []).join("\n")).toMatchInlineSnapshot(`
      "0-8 segments: 144 B
      16-56 root: struct of 2 words, 3 pointers
        16-24 data 0: 0x0000000000000007
        24-32 data 1: 0xfffffffffffffffb
        56-60 pointer 0: "ada"
        64-80 pointer 1: list of 2 pointers
          80-84 0: "a@x"
          88-92 1: "b@y"
        96-144 pointer 2: list of 1 structs
          104-144 0: struct of 2 words, 3 pointers
            104-112 data 0: 0x0000000000000008
            112-120 data 1: 0x0000000000000000
            144-149 pointer 0: "alan""
    `);
  });

  it("names the calls of its RPC, and their returns", () => {
    const call =
      "0x00000000 09000000 00000000 01000100 02000000 00000000 00000000 03000300" +
      "05000000 02000000 88776655 44332211 00000000 00000000 00000000 00000000 00000000 00000000 00000000 00000000";
    const back =
      "0x00000000 06000000 00000000 01000100 03000000 00000000 00000000 02000100 05000000 00000000 00000000 00000000 00000000 00000000";
    const { messages } = dissect(packets([0, call], [1, back]));
    expect(messages.map(({ summary, partner }) => [summary, partner?.summary])).toEqual([
      ["call #5 0x1122334455667788 method 2", "return #5"],
      ["return #5", "call #5 0x1122334455667788 method 2"],
    ]);
  });
});

describe("DNS", () => {
  const ask =
    "0xdb42 0100 0001 0000 0000 0000 03777777 0c6e6f727468656173 7465726e 03656475 00 0001 0001";
  const answer =
    "0xdb42 8180 0001 0001 0000 0000 03777777 0c6e6f727468656173 7465726e 03656475 00 0001 0001 c00c 0001 0001 00000258 0004 9b211144";

  it("reads questions and answers, whose names may point back", () => {
    // The example of Wireshark's wiki: www.northeastern.edu.
    const { messages, dissector } = dissect(packets([0, ask], [1, answer]), {
      datagram: true,
      port: 53,
    });
    expect(dissector.name).toBe("dns");
    expect(
      messages.map(({ role, summary, partner }) => [role, summary, partner !== undefined]),
    ).toEqual([
      ["request", "A www.northeastern.edu", true],
      ["reply", "A www.northeastern.edu: 155.33.17.68", true],
    ]);
    expect(messages[1]?.flat).toEqual({
      "dns.id": 0xdb42,
      "dns.code": "NOERROR",
      "dns.name": "www.northeastern.edu",
      "dns.type": "A",
    });
  });

  it("reads them from a stream, too, each with its length", () => {
    expect(
      told(packets([0, `0x0026${ask.slice(2)}`], [0, `0x0026${ask.slice(2)}`]), { port: 53 }),
    ).toEqual(["> A www.northeastern.edu", "> A www.northeastern.edu"]);
  });
});

describe("what has no dissector", () => {
  it("is shown as lines of text, as JSON, or packet by packet", () => {
    expect(told(packets([0, 'hello\n{"a":'], [0, " 1}\r\nend"]))).toEqual([
      "- hello",
      '- {"a": 1}',
      "- end",
    ]);
    expect(told(packets([0, "first"], [0, "second"], [1, "0x00ff00ff"]))).toEqual([
      "- 5 B text first",
      "- 6 B text second",
      "- 4 B 00ff00ff",
    ]);
  });
});

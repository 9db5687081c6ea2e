/** HPACK against the examples of RFC 7541, appendix C: both ways, byte for byte. */
import { describe, expect, it } from "vitest";
import {
  HpackDecoder,
  HpackEncoder,
  HpackError,
  huffmanDecode,
  huffmanEncode,
  huffmanLength,
} from "../../src/wire/http2/index.ts";

function bytes(hex: string): Uint8Array {
  return Uint8Array.from(Buffer.from(hex.replaceAll(/\s/g, ""), "hex"));
}

function hex(data: Uint8Array): string {
  return Buffer.from(data).toString("hex");
}

type Fields = readonly (readonly [string, string])[];

function decoded(decoder: HpackDecoder, block: string): Fields {
  const fields: [string, string][] = [];
  decoder.decode(bytes(block), (name, value) => fields.push([name, value]));
  return fields;
}

function encoded(encoder: HpackEncoder, fields: Fields): string {
  return hex(encoder.encode(fields.map(([name, value]) => ({ name, value }))));
}

/** C.3 and C.4: three requests on one connection, in plain text and in the Huffman code. */
const requests: readonly { fields: Fields; plain: string; huffman: string }[] = [
  {
    fields: [
      [":method", "GET"],
      [":scheme", "http"],
      [":path", "/"],
      [":authority", "www.example.com"],
    ],
    plain: "8286 8441 0f77 7777 2e65 7861 6d70 6c65 2e63 6f6d",
    huffman: "8286 8441 8cf1 e3c2 e5f2 3a6b a0ab 90f4 ff",
  },
  {
    fields: [
      [":method", "GET"],
      [":scheme", "http"],
      [":path", "/"],
      [":authority", "www.example.com"],
      ["cache-control", "no-cache"],
    ],
    plain: "8286 84be 5808 6e6f 2d63 6163 6865",
    huffman: "8286 84be 5886 a8eb 1064 9cbf",
  },
  {
    fields: [
      [":method", "GET"],
      [":scheme", "https"],
      [":path", "/index.html"],
      [":authority", "www.example.com"],
      ["custom-key", "custom-value"],
    ],
    plain: "8287 85bf 400a 6375 7374 6f6d 2d6b 6579 0c63 7573 746f 6d2d 7661 6c75 65",
    huffman: "8287 85bf 4088 25a8 49e9 5ba9 7d7f 8925 a849 e95b b8e8 b4bf",
  },
];

/** C.6: three responses through a table of 256 bytes, from which fields fall out. */
const cookie = "foo=ASDJKHQKBZXOQWEOPIUAXQWEOIU; max-age=3600; version=1";
const responses: readonly { fields: Fields; huffman: string }[] = [
  {
    fields: [
      [":status", "302"],
      ["cache-control", "private"],
      ["date", "Mon, 21 Oct 2013 20:13:21 GMT"],
      ["location", "https://www.example.com"],
    ],
    huffman:
      "4882 6402 5885 aec3 771a 4b61 96d0 7abe 9410 54d4 44a8 2005 9504 0b81 66e0 82a6 2d1b ff6e " +
      "919d 29ad 1718 63c7 8f0b 97c8 e9ae 82ae 43d3",
  },
  {
    fields: [
      [":status", "307"],
      ["cache-control", "private"],
      ["date", "Mon, 21 Oct 2013 20:13:21 GMT"],
      ["location", "https://www.example.com"],
    ],
    huffman: "4883 640e ffc1 c0bf",
  },
  {
    fields: [
      [":status", "200"],
      ["cache-control", "private"],
      ["date", "Mon, 21 Oct 2013 20:13:22 GMT"],
      ["location", "https://www.example.com"],
      ["content-encoding", "gzip"],
      ["set-cookie", cookie],
    ],
    huffman:
      "88c1 6196 d07a be94 1054 d444 a820 0595 040b 8166 e084 a62d 1bff c05a 839b d9ab 77ad 94e7 " +
      "821d d7f2 e6c7 b335 dfdf cd5b 3960 d5af 2708 7f36 72c1 ab27 0fb5 291f 9587 3160 65c0 03ed " +
      "4ee5 b106 3d50 07",
  },
];

describe("HPACK (RFC 7541, appendix C)", () => {
  it("decodes each representation (C.2)", () => {
    const block = "400a 6375 7374 6f6d 2d6b 6579 0d63 7573 746f 6d2d 6865 6164 6572";
    const decoder = new HpackDecoder();
    expect(decoded(decoder, block)).toEqual([["custom-key", "custom-header"]]);
    expect(decoder.tableSize).toBe(55);

    expect(decoded(new HpackDecoder(), "040c 2f73 616d 706c 652f 7061 7468")).toEqual([
      [":path", "/sample/path"],
    ]);
    expect(decoded(new HpackDecoder(), "82")).toEqual([[":method", "GET"]]);
  });

  it("tells which fields must never be indexed (C.2.3)", () => {
    const seen: unknown[] = [];
    new HpackDecoder().decode(
      bytes("1008 7061 7373 776f 7264 0673 6563 7265 74"),
      (name, value, sensitive) => seen.push([name, value, sensitive]),
    );
    expect(seen).toEqual([["password", "secret", true]]);
  });

  it("decodes three requests through one table, in either spelling (C.3, C.4)", () => {
    for (const spelling of ["plain", "huffman"] as const) {
      const decoder = new HpackDecoder();
      for (const request of requests) {
        expect(decoded(decoder, request[spelling])).toEqual(request.fields);
      }
      expect(decoder.tableSize).toBe(164);
    }
  });

  it("decodes responses while fields fall out of a small table (C.6)", () => {
    const decoder = new HpackDecoder();
    decoder.setMaxTableSize(256);
    const [first, ...rest] = responses;
    // The encoder has to say that it uses a smaller table now.
    expect(decoded(decoder, `3fe101 ${first?.huffman}`)).toEqual(first?.fields);
    expect(decoder.tableSize).toBe(222);
    for (const { fields, huffman } of rest) expect(decoded(decoder, huffman)).toEqual(fields);
    expect(decoder.tableSize).toBe(215);
  });

  it("encodes the requests as the RFC does (C.4)", () => {
    const encoder = new HpackEncoder();
    for (const { fields, huffman } of requests) {
      expect(encoded(encoder, fields)).toBe(huffman.replaceAll(" ", ""));
    }
    expect(encoder.tableSize).toBe(164);
  });

  it("announces a smaller table at the start of the next block, and the smallest before it", () => {
    const encoder = new HpackEncoder();
    const decoder = new HpackDecoder();
    encoder.setMaxTableSize(0);
    encoder.setMaxTableSize(1_000);
    const block = encoded(encoder, [["a", "b"]]);
    expect(block.slice(0, 8)).toBe("203fc907");
    expect(decoded(decoder, block)).toEqual([["a", "b"]]);
  });
});

describe("HPACK, when a peer is wrong", () => {
  const wrong: readonly [string, string][] = [
    ["an index that no table has", "ff00"],
    ["the index zero", "80"],
    ["an integer without an end", "ffffffffffffffffff"],
    ["a string that is cut short", "0005616263"],
    ["a table larger than was agreed on", "3fffff01"],
    ["a change of the table in the middle of a block", "8220"],
    ["padding of the Huffman code that is not all ones", "008100"],
  ];
  for (const [what, block] of wrong) {
    it(`refuses ${what}`, () => {
      expect(() => decoded(new HpackDecoder(), block)).toThrow(HpackError);
    });
  }
});

describe("the Huffman code", () => {
  it("gives back every byte", () => {
    let text = "";
    for (let code = 0; code < 256; code++) text += String.fromCharCode(code);
    const out = new Uint8Array(huffmanLength(text));
    expect(huffmanEncode(text, out, 0)).toBe(out.length);
    expect(huffmanDecode(out, 0, out.length)).toBe(text);
  });

  it("refuses the end-of-string symbol in a string", () => {
    expect(huffmanDecode(bytes("ffffffff"), 0, 4)).toBeUndefined();
  });
});

/** Replies, as the server writes them for each version of the protocol, and as a client reads them back. */
import { describe, expect, it } from "vitest";
import {
  BigNumber,
  Bool,
  Double,
  encodeReply,
  formatDouble,
  MapReply,
  NULL_ARRAY,
  OK,
  PushReply,
  type Reply,
  ReplyDecoder,
  RespError,
  SetReply,
  Verbatim,
} from "../../src/wire/index.ts";

const cases: [string, Reply, string, string][] = [
  ["a status", OK, "+OK\r\n", "+OK\r\n"],
  ["an error", new RespError("ERR no\r\nway"), "-ERR no  way\r\n", "-ERR no  way\r\n"],
  ["an integer", -7, ":-7\r\n", ":-7\r\n"],
  ["64 bits", 9_223_372_036_854_775_807n, ":9223372036854775807\r\n", ":9223372036854775807\r\n"],
  ["bytes", "\xff\r\n", "$3\r\n\xff\r\n\r\n", "$3\r\n\xff\r\n\r\n"],
  ["a null", null, "$-1\r\n", "_\r\n"],
  ["a null array", NULL_ARRAY, "*-1\r\n", "_\r\n"],
  ["an array", ["a", [1]], "*2\r\n$1\r\na\r\n*1\r\n:1\r\n", "*2\r\n$1\r\na\r\n*1\r\n:1\r\n"],
  ["a double", new Double(1.5), "$3\r\n1.5\r\n", ",1.5\r\n"],
  ["a map", new MapReply(["a", 1]), "*2\r\n$1\r\na\r\n:1\r\n", "%1\r\n$1\r\na\r\n:1\r\n"],
  ["a set", new SetReply(["a"]), "*1\r\n$1\r\na\r\n", "~1\r\n$1\r\na\r\n"],
  ["a push", new PushReply(["a"]), "*1\r\n$1\r\na\r\n", ">1\r\n$1\r\na\r\n"],
  ["a boolean", new Bool(true), ":1\r\n", "#t\r\n"],
  [
    "a big number",
    new BigNumber("12345678901234567890123"),
    "$23\r\n12345678901234567890123\r\n",
    "(12345678901234567890123\r\n",
  ],
  ["verbatim text", new Verbatim("txt", "hi"), "$2\r\nhi\r\n", "=6\r\ntxt:hi\r\n"],
];

describe("replies", () => {
  it.each(cases)("%s", (_name, reply, resp2, resp3) => {
    expect(encodeReply(reply, 2)).toBe(resp2);
    expect(encodeReply(reply, 3)).toBe(resp3);
  });

  it("are read back byte by byte", () => {
    const text = cases.map(([, reply]) => encodeReply(reply, 3)).join("");
    const decoder = new ReplyDecoder();
    const raw: string[] = [];
    for (const byte of Buffer.from(text, "latin1")) {
      decoder.push(Uint8Array.of(byte));
      for (let one = decoder.next(); one; one = decoder.next()) raw.push(one.raw);
    }
    expect(raw).toEqual(cases.map(([, , , resp3]) => resp3));
  });

  it("that are not RESP are refused", () => {
    const decoder = new ReplyDecoder();
    decoder.push(Buffer.from("HTTP/1.1 200 OK\r\n"));
    expect(() => decoder.next()).toThrow(SyntaxError);
  });
});

describe("doubles are written as C's %.17g writes them", () => {
  const doubles: [number, string][] = [
    [0, "0"],
    [-0, "-0"],
    [3, "3"],
    [0.1, "0.10000000000000001"],
    [2.7, "2.7000000000000002"],
    [1e17, "1e+17"],
    [1e20, "1e+20"],
    [1e-5, "1.0000000000000001e-05"],
    [0.0001, "0.0001"],
    [Infinity, "inf"],
    [-Infinity, "-inf"],
    [5e-324, "4.9406564584124654e-324"],
  ];
  it.each(doubles)("%d", (value, text) => {
    expect(formatDouble(value)).toBe(text);
  });
});

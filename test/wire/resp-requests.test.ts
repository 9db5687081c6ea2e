/** The server's side of RESP: what clients send, in pieces of any size. */
import { describe, expect, it } from "vitest";
import { Prng } from "../../src/base/prng.ts";
import { encodeRequest, ProtocolError, RequestDecoder } from "../../src/wire/index.ts";

function decode(text: string, pieces: number[] = []): string[][] {
  const decoder = new RequestDecoder();
  const bytes = Buffer.from(text, "latin1");
  const out: string[][] = [];
  let at = 0;
  for (const size of [...pieces, bytes.length]) {
    if (at >= bytes.length) break;
    decoder.push(bytes.subarray(at, Math.min(bytes.length, at + size)));
    at += size;
    for (let one = decoder.next(); one; one = decoder.next()) out.push(one);
  }
  return out;
}

describe("requests", () => {
  it("come as arrays of bulk strings, one after another", () => {
    expect(decode("*1\r\n$4\r\nPING\r\n*2\r\n$3\r\nGET\r\n$1\r\na\r\n")).toEqual([
      ["PING"],
      ["GET", "a"],
    ]);
  });

  it("hold any bytes", () => {
    const bytes = Array.from({ length: 256 }, (_, code) => String.fromCharCode(code)).join("");
    expect(decode(encodeRequest(["SET", bytes, ""]))).toEqual([["SET", bytes, ""]]);
  });

  it("are whole however the network cuts them", () => {
    const prng = Prng.root(7);
    for (let round = 0; round < 300; round++) {
      const requests = Array.from({ length: prng.between(1, 5) }, () =>
        Array.from({ length: prng.between(1, 4) }, () =>
          "\r\n*$x".repeat(prng.below(6)).slice(prng.below(3)),
        ),
      );
      const text = requests.map((args) => encodeRequest(args)).join("");
      const pieces = Array.from({ length: text.length }, () => prng.between(1, 9));
      expect(decode(text, pieces)).toEqual(requests);
    }
  });

  it("may be large, and arrive in many chunks without being joined again and again", () => {
    const value = "v".repeat(3_000_000);
    const pieces = Array.from({ length: 400 }, () => 8_192);
    expect(decode(encodeRequest(["SET", "k", value]), pieces)).toEqual([["SET", "k", value]]);
  });

  it("may be inline, with quotes and escapes", () => {
    expect(decode("SET key \"a\\x41\\n b\" 'it\\'s'\r\nPING\n")).toEqual([
      ["SET", "key", "aA\n b", "it's"],
      ["PING"],
    ]);
  });

  it("that are empty are skipped", () => {
    expect(decode("\r\n*0\r\n*-1\r\n  \r\nPING\r\n")).toEqual([["PING"]]);
  });
});

describe("a broken protocol is named as Redis names it", () => {
  const cases: [string, string][] = [
    ["*3000000000\r\n", "invalid multibulk length"],
    ["*a\r\n", "invalid multibulk length"],
    ["*1\r\n:4\r\n", "expected '$', got ':'"],
    ["*1\r\n$-1\r\n", "invalid bulk length"],
    ["*1\r\n$x\r\n", "invalid bulk length"],
    ["*1\r\n$600000000\r\n", "invalid bulk length"],
    ['SET "a\r\n', "unbalanced quotes in request"],
    ["x".repeat(70_000), "too big inline request"],
    [`*${"1".repeat(70_000)}`, "too big mbulk count string"],
    [`*1\r\n$${"1".repeat(70_000)}`, "too big bulk count string"],
  ];
  it.each(cases)("%j", (text, message) => {
    expect(() => decode(text)).toThrow(new ProtocolError(message));
  });

  it("and strangers may send only little", () => {
    const decoder = new RequestDecoder();
    decoder.authenticated = false;
    decoder.push(Buffer.from("*11\r\n"));
    expect(() => decoder.next()).toThrow("unauthenticated multibulk length");
    const other = new RequestDecoder();
    other.authenticated = false;
    other.push(Buffer.from("*1\r\n$20000\r\n"));
    expect(() => other.next()).toThrow("unauthenticated bulk length");
  });
});

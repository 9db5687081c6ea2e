/** RESP taken apart for people: every byte has a place in the tree. */
import { describe, expect, it } from "vitest";
import { dissectResp, encodeRequest, type Field } from "../../src/wire/index.ts";

const bytes = (text: string): Uint8Array => Buffer.from(text, "latin1");

function lines(field: Field, depth = 0): string[] {
  const { name, value, start, end, children = [] } = field;
  const line = `${"  ".repeat(depth)}${start}-${end} ${name}: ${value}`;
  return [line, ...children.flatMap((child) => lines(child, depth + 1))];
}

describe("dissectResp", () => {
  it("shows a request as a tree of byte ranges", () => {
    const { messages, end } = dissectResp(bytes(encodeRequest(["SET", "k\r\n"])));
    expect(end).toBe(22);
    expect(messages.flatMap((message) => lines(message)).join("\n")).toMatchInlineSnapshot(`
      "0-22 array: SET k\\x0d\\x0a
        0-4 length: 2
        4-13 bulk string: SET
          4-8 length: 3
          8-11 bytes: SET
        13-22 bulk string: k\\x0d\\x0a
          13-17 length: 3
          17-20 bytes: k\\x0d\\x0a"
    `);
  });

  it("knows the types of RESP3", () => {
    const { messages } = dissectResp(
      bytes("%1\r\n+a\r\n,1.5\r\n#t\r\n_\r\n(12\r\n>1\r\n:1\r\n~0\r\n"),
    );
    expect(messages.map(({ name, value }) => `${name} ${value}`)).toEqual([
      "map a 1.5",
      "boolean true",
      "null null",
      "big number 12",
      "push 1",
      "set ",
    ]);
  });

  it("stops at a message that is not whole, and takes no part of it", () => {
    const text = encodeRequest(["GET", "a"]);
    for (let cut = 1; cut < text.length; cut++) {
      expect(dissectResp(bytes(text + text.slice(0, cut)))).toMatchObject({ end: text.length });
    }
  });

  it("says what breaks the protocol, and where", () => {
    expect(dissectResp(bytes("+OK\r\nGET / HTTP/1.1\r\n"))).toMatchObject({
      end: 5,
      error: "byte 0x47 opens no RESP type",
    });
    expect(dissectResp(bytes("$2\r\nabcd"))).toMatchObject({
      error: "bulk string without its end of line",
    });
  });

  it("reads inline commands where a server would", () => {
    const { messages } = dissectResp(bytes("PING\r\n"), { inline: true });
    expect(messages).toEqual([{ name: "inline command", value: "PING", start: 0, end: 6 }]);
  });
});

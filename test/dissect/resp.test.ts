/** RESP taken apart for people: every byte has a place in the tree, replies find their requests. */
import { describe, expect, it } from "vitest";
import { dissect } from "../../src/dissect/index.ts";
import { encodeRequest } from "../../src/wire/index.ts";
import { packets, summaries, told, tree } from "./support.ts";

describe("RESP", () => {
  it("shows a request as a tree of byte ranges", () => {
    const { messages } = dissect(packets([0, encodeRequest(["SET", "k\r\n"])]));
    expect(tree(messages[0]?.fields ?? []).join("\n")).toMatchInlineSnapshot(`
      "0-22 array: SET k\\r\\n
        0-4 length: 2
        4-13 bulk string: SET
          4-8 length: 3
          8-11 bytes: SET
        13-22 bulk string: k\\r\\n
          13-17 length: 3
          17-20 bytes: k\\r\\n"
    `);
  });

  it("pairs pipelined requests with their replies, whatever packets they travel in", () => {
    const asked = ["GET cart:7", "SET n 1", "EVAL return 1 cart:8", "PING"].map((line) => {
      const words = line.split(" ");
      return encodeRequest(words[0] === "EVAL" ? ["EVAL", "return 1", "1", "cart:8"] : words);
    });
    const answered = "$5\r\n12.50\r\n+OK\r\n-ERR no\r\n$-1\r\n";
    const text = asked.join("");
    const sent = packets(
      [0, text.slice(0, 10)],
      [0, text.slice(10)],
      [1, answered.slice(0, 4)],
      [1, answered.slice(4)],
    );
    const { messages, dissector } = dissect(sent);
    expect(dissector.name).toBe("redis");
    const requests = messages.filter(({ role }) => role === "request");
    expect(
      requests.map(({ summary, partner, flat }) => [summary, partner?.summary, flat["redis.key"]]),
    ).toEqual([
      ["GET cart:7", '"12.50"', "cart:7"],
      ["SET n 1", "OK", "n"],
      ['EVAL "return 1" 1 cart:8', "ERR no", "cart:8"],
      ["PING", "(nil)", undefined],
    ]);
    expect(requests[2]?.partner?.flat["redis.error"]).toBe("ERR no");
    expect([requests[0]?.firstPacket, requests[0]?.lastPacket]).toEqual([1, 2]);
  });

  it("knows the types of RESP3, and that a push is no reply", () => {
    const sent = packets(
      [0, "PING\r\nPING\r\n"],
      [1, ">2\r\n+invalidate\r\n*1\r\n+k\r\n%1\r\n+a\r\n,1.5\r\n~2\r\n#t\r\n(12\r\n"],
    );
    expect(told(sent, { port: 6379 })).toEqual([
      "> PING",
      "> PING",
      "- [invalidate [k]]",
      "< [a 1.5]",
      "< [true 12]",
    ]);
  });

  it("counts each confirmed channel, and messages, apart from replies", () => {
    const { messages } = dissect(
      packets(
        [0, encodeRequest(["SUBSCRIBE", "a", "b"]) + encodeRequest(["PING"])],
        [1, "*3\r\n$9\r\nsubscribe\r\n$1\r\na\r\n:1\r\n*3\r\n$9\r\nsubscribe\r\n$1\r\nb\r\n:2\r\n"],
        [1, "*3\r\n$7\r\nmessage\r\n$1\r\na\r\n$2\r\nhi\r\n*2\r\n$4\r\npong\r\n$0\r\n\r\n"],
      ),
    );
    const ping = messages.find(({ summary }) => summary === "PING");
    expect(ping?.partner?.summary).toBe('[pong ""]');
    expect(messages.filter(({ flat }) => flat["redis.channel"] === "a")).toHaveLength(3);
  });

  it("says which bytes are no RESP, and goes on after them", () => {
    const sent = packets([
      0,
      "*1\r\n$4\r\nPING\r\n\x00\x01\x02\r\n*1\r\n$4\r\nQUIT\r\n*1\r\n$4\r\nPI",
    ]);
    expect(told(sent)).toEqual([
      "> PING",
      "- not RESP (Redis) (5 B)",
      "> QUIT",
      "- RESP (Redis), incomplete (10 B)",
    ]);
  });

  it("finds a message's beginning where packets before it are missing", () => {
    const text = encodeRequest(["SET", "a", "*2\r\nnothing"]) + encodeRequest(["GET", "a"]);
    const sent = [
      { id: 1, side: 0 as const, bytes: undefined },
      ...packets([0, ""], [0, text.slice(9)]),
    ];
    expect(summaries(dissect(sent, { port: 6379 }))).toEqual([
      "- RESP (Redis), its beginning is missing (29 B)",
      "> GET a",
    ]);
  });
});

/** Whatever is wrong with a file is one clear message, with line and column. */
import { describe, expect, it } from "vitest";
import { HistoryError, type History } from "../../src/history/index.ts";
import { readHistories } from "../../src/history/read.ts";

function complaintOf(text: string | Uint8Array, name: string): string {
  const bytes = typeof text === "string" ? new TextEncoder().encode(text) : text;
  try {
    const { histories } = readHistories(bytes, { name });
    return `read ${histories.map(({ history }: { history: History }) => history.operations.length).join()}`;
  } catch (error) {
    expect(error).toBeInstanceOf(HistoryError);
    const { message, code, line, column } = error as HistoryError;
    expect(code).toBe("LC_BAD_HISTORY");
    expect(message).toContain(`${name}:${line}:${column}: `);
    expect(message.length).toBeLessThan(300);
    return message;
  }
}

const invoke = '{"process":0,"type":"invoke","f":"read","value":null}';
const ok = '{"process":0,"type":"ok","f":"read","value":1}';

describe("a malformed file", () => {
  it.each([
    ["an empty file", "", "h.json", "h.json:1:1: the file is empty"],
    ["nothing but space", "  \n ", "h.edn", "h.edn:1:1: the file is empty"],
    [
      "a binary file",
      "ELF\u0000\u0001",
      "h.edn",
      "h.edn:1:4: byte 0x00: this is a binary file, not a history",
    ],
    [
      "prose",
      "Dear reader,\n",
      "h",
      'h:1:1: starts with "Dear reader,", like no format of histories',
    ],
    [
      "JSON cut short",
      `[${invoke},\n{"process":0,"ty`,
      "h.json",
      "h.json:2:14: a string that never ends",
    ],
    [
      "an array never closed",
      `[${invoke},\n${ok}`,
      "h.json",
      `h.json:2:${ok.length + 1}: the file ends inside the '[' opened at 1:1: is it truncated?`,
    ],
    [
      "EDN cut short",
      "[{:process 0, :type :invoke",
      "h.edn",
      "h.edn:1:28: the file ends inside '{' opened at 1:2: is it truncated?",
    ],
    ["a missing comma", `[${invoke}\n${ok}]`, "h.json", "h.json:2:1: ',' or ']' expected, not '{'"],
    ["a bad token", '[{"process":0,"type":invoke}]', "h.json", "h.json:1:22: unexpected 'i'"],
    [
      "a NaN time in JSON",
      '[{"process":0,"type":"invoke","f":"read","time":NaN}]',
      "h.json",
      "h.json:1:49: unexpected 'N'",
    ],
    [
      "a NaN time in EDN",
      "{:process 0 :type :invoke :f :read :time ##NaN}",
      "h.edn",
      "h.edn:1:1: an event's time is NaN, not a finite number",
    ],
    [
      "an ok without an invocation",
      ok,
      "h.json",
      "h.json:1:1: ok without an invocation: process 0 has no open operation (read)",
    ],
    [
      "two open operations of a process",
      `${invoke}\n${invoke}`,
      "h.json",
      "h.json:2:1: process 0 invokes read while its read (operation 0) is still open",
    ],
    [
      "a type that is none",
      '{"process":0,"type":"begin","f":"read"}',
      "h.json",
      "h.json:1:1: an event's type is begin, not invoke, ok, fail or info",
    ],
    [
      "a type that is no name",
      '{"process":0,"type":7,"f":"read"}',
      "h.json",
      "h.json:1:1: an event's type is 7, not invoke, ok, fail or info",
    ],
    [
      "a process that is a list",
      '{"process":[1],"type":"invoke","f":"read"}',
      "h.json",
      "h.json:1:1: an event's process is [1], not a number or a name",
    ],
    [
      "an f that is a number",
      '{"process":1,"type":"invoke","f":3}',
      "h.json",
      "h.json:1:1: an event's f is 3, not a name",
    ],
    [
      "an event that is none",
      "[1, 2]",
      "h.json",
      "h.json:1:2: an event should be a map with type, process, f and value, not 1",
    ],
    [
      "a completion of something else",
      `${invoke}\n{"process":0,"type":"ok","f":"write"}`,
      "h.json",
      "h.json:2:1: process 0 completes write, but what it has open is read (operation 0)",
    ],
    [
      "text after the end",
      `[${invoke}] x`,
      "h.json",
      `h.json:1:${invoke.length + 4}: 'x' after the end of the history`,
    ],
    [
      "a log line cut short",
      "INFO  jepsen.util - 0\t:invoke\t:re\nINFO  jepsen.util - 1\t:invoke\n",
      "h.log",
      "h.log:1:34: the line ends where its value should stand",
    ],
    [
      "a CSV header that is another",
      "client,call,ret,what\n",
      "h.csv",
      'h.csv:1:1: the header is "client,call,ret,what", not client,call,ret,op,a,b,out,ok',
    ],
    [
      "a CSV row cut short",
      "client,call,ret,op,a,b,out,ok\n0,1,5,1",
      "h.csv",
      "h.csv:2:8: 4 fields in a row of 8: is the file truncated?",
    ],
    [
      "a CSV time that is NaN",
      "client,call,ret,op,a,b,out,ok\n0,NaN,5,1,7,0,0,false\n",
      "h.csv",
      'h.csv:2:3: "NaN" is not a whole number',
    ],
    [
      "a CSV return before its call",
      "client,call,ret,op,a,b,out,ok\n0,9,5,1,7,0,0,false\n",
      "h.csv",
      "h.csv:2:1: an operation that returns (5) before its call (9)",
    ],
    [
      "a CSV client doing two things",
      "client,call,ret,op,a,b,out,ok\n0,1,9,1,7,0,0,false\n0,2,3,0,0,0,7,false\n",
      "h.csv",
      "h.csv:3:1: client 0 calls at 2, while an operation of its own is open until 9",
    ],
  ])("%s", (_, text, name, expected) => {
    expect(complaintOf(text, name)).toContain(expected);
  });

  it("of endless nesting is refused, not run out of stack on", () => {
    const nested = `[${"[".repeat(100_000)}`;
    expect(complaintOf(nested, "h.json")).toMatch(
      /^h\.json:1:\d+: values nested more than 512 deep/,
    );
    expect(complaintOf(nested, "h.edn")).toMatch(/^h\.edn:1:\d+: values nested more than 512 deep/);
  });

  it("of 100 MB on one line is one short message", () => {
    const bytes = new Uint8Array(100_000_000).fill(0x61);
    bytes.set(new TextEncoder().encode("{:process 0 :type :invoke :f :"));
    expect(complaintOf(bytes, "h.edn")).toBe("h.edn:1:31: a name of 99999970 bytes");
  });

  it("that ends inside a UTF-8 letter is said to be no UTF-8", () => {
    const text = new TextEncoder().encode('{"process":0,"type":"invoke","f":"é"}');
    const broken = text.filter((byte) => byte !== 0xa9);
    expect(complaintOf(broken, "h.json")).toBe("h.json:1:35: bytes that are not UTF-8");
  });
});

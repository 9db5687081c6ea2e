/** The viewer's filter language: what it finds, what it suggests, and how it points at mistakes. */
import { describe, expect, it } from "vitest";
import { complete } from "../../src/viewer/filter/complete.ts";
import { applyFilter } from "../../src/viewer/filter/evaluate.ts";
import { FilterError } from "../../src/filter/lexer.ts";
import { parseFilter } from "../../src/filter/parser.ts";
import { indexRun } from "../../src/viewer/model/run.ts";
import { story } from "./support.ts";

const run = indexRun(story());
const protocols = {
  names: ["redis.cmd"],
  values: (id: number, name: string) => (id === 5 && name === "redis.cmd" ? ["SET"] : []),
};

function found(text: string): number[] {
  const filter = parseFilter(text);
  if (!filter) throw new Error("empty");
  const flags = applyFilter(run, filter, protocols);
  return [...flags].flatMap((flag, row) => (flag === 1 ? [row + 1] : []));
}

function mistake(text: string): string {
  try {
    found(text);
    return "none";
  } catch (error) {
    if (!(error instanceof FilterError)) throw error;
    return `${error.message} | ${text.slice(error.from, error.to)}`;
  }
}

describe("a filter finds", () => {
  it.each([
    ["kind=send", [5, 7, 10]],
    ["kind=send host:a-*", [5, 10]],
    ["kind=send and not host=server", [5, 10]],
    ["host=server !kind:send", [3, 6, 12, 14, 15]],
    ["kind=log or kind=exit", [14, 16]],
    ["kind=log || (kind=send from=server)", [7, 16]],
    ["t>=60ms", [14, 15, 16]],
    ["t<0.01s", [1, 2, 3]],
    ["op=write outcome=ok", [4, 9]],
    ["took>9ms", [4, 9]],
    ["fate=dropped", [10, 12]],
    ["bytes>=7", [5, 6]],
    ["port=6379 conn=2", [10, 12]],
    ["done", [16]],
    ['"write x"', [4, 9]],
    ["fault:pause", [11, 13]],
    ["redis.cmd=set", [5]],
    ["redis.cmd!=GET", [5]],
    ["kind=receive after op=write", [6, 8]],
    ["kind=send before kind=complete", [5, 7]],
    ["kind=send unless kind=receive", [5, 10]],
  ])("%s", (text, ids) => {
    expect(found(text)).toEqual(ids);
  });

  it("nothing in an empty text, which is no filter", () => {
    expect(parseFilter("   ")).toBeUndefined();
  });
});

describe("a mistake is told with its place", () => {
  it.each([
    ["host:", '"host:" needs a value | :'],
    ["kind=send (host=a", "the parenthesis is not closed | ("],
    ["kind=send)", '")" closes nothing | )'],
    ['log~"ab', 'the quote " is not closed | "ab'],
    ["colour=red", 'there is no field "colour" | colour'],
    ["t>soon", '"soon" is not a number or a time such as 1.2s | t>soon'],
    ["kind=send and", "something is missing at the end | "],
    ["=5", '"=" needs something before it | ='],
  ])("%s", (text, message) => {
    expect(mistake(text)).toBe(message);
  });
});

describe("a filter is completed", () => {
  const inserts = (text: string): string[] =>
    complete(run, text, text.length, ["redis.cmd"]).map(({ insert }) => insert);

  it("with the names of fields", () => {
    expect(inserts("ho")).toEqual(["host:"]);
    expect(inserts("kind=send red")).toEqual(["redis.cmd:"]);
  });

  it("with the values that occur", () => {
    expect(inserts("host:")).toEqual(["a-*", "a-1", "a-2", "server"]);
    expect(inserts("kind=s")).toEqual(["start", "send"]);
    expect(inserts("op=")).toEqual(["write"]);
  });

  it("with the words that relate two filters", () => {
    expect(inserts("kind=send af")).toEqual(["after "]);
  });
});

/** Whether a process runs code of its own or what all share is V8's business: no run can tell. */
import { describe, expect, it } from "vitest";
import { countCallback, startsWithOwnCode } from "../../src/node/lib/feedback.ts";
import { LibrarySymbol, withSymbolsOf } from "../../src/node/lib/symbols.ts";
import { runEverything } from "./everything.ts";

describe("the code of a process's library", () => {
  it("is its own where the processes of the run before lived long", () => {
    const runs = [{}, {}, {}];
    expect(startsWithOwnCode(runs[0] as object)).toBe(false);
    for (let i = 0; i < 100_000; i++) countCallback();
    expect(startsWithOwnCode(runs[0] as object)).toBe(false);
    expect(startsWithOwnCode(runs[1] as object)).toBe(true);
    for (let i = 0; i < 1_000; i++) countCallback();
    expect(startsWithOwnCode(runs[1] as object)).toBe(true);
    expect(startsWithOwnCode(runs[2] as object)).toBe(false);
  });

  it("makes no difference to the run", async () => {
    const shared = await runEverything(1);
    for (let i = 0; i < 1_000_000; i++) countCallback();
    expect(await runEverything(1)).toEqual(shared);
  });
});

describe("the symbols of a file of the library", () => {
  const load = (id: string): symbol[] => {
    const symbols: symbol[] = [];
    withSymbolsOf(id, () => symbols.push(LibrarySymbol("kState"), LibrarySymbol("kState")));
    return symbols;
  };

  it("are the same ones in each process, and differ from each other and from other files'", () => {
    const [first, second] = load("net");
    const again = load("net");
    expect(again[0]).toBe(first);
    expect(again[1]).toBe(second);
    expect(new Set([first, second, ...load("tty")]).size).toBe(4);
  });

  it("are new where a file takes another way than before, or is loaded no longer", () => {
    const [first, second] = load("dgram");
    let other: symbol | undefined;
    withSymbolsOf("dgram", () => (other = LibrarySymbol("kOther")));
    expect(other?.description).toBe("kOther");
    expect([first, second]).not.toContain(other);
    expect(LibrarySymbol("kOther")).not.toBe(LibrarySymbol("kOther"));
  });
});

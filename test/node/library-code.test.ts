/** Whether a process runs code of its own or what all share is V8's business: no run can tell. */
import { describe, expect, it } from "vitest";
import { startsWithOwnCode } from "../../src/node/lib/feedback.ts";
import { LibrarySymbol, withSymbolsOf } from "../../src/node/lib/symbols.ts";
import { runEverything } from "./everything.ts";

describe("the code of a process's library", () => {
  it("is its own at first, then shared while processes live short; the run is the same", async () => {
    const first = await runEverything(1);
    let processes = 0;
    while (startsWithOwnCode()) processes++;
    expect(processes).toBeLessThan(16);
    expect(startsWithOwnCode()).toBe(false);
    expect(await runEverything(1)).toEqual(first);
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

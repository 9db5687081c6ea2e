/** Values that programs hand over: none becomes another one, or nothing at all. */
import { describe, expect, it } from "vitest";
import { plain, readPlain } from "../../src/world/plain.ts";
import { runDescribed } from "./described.ts";

class ObjectId {
  readonly #id: string;
  constructor(id: string) {
    this.#id = id;
  }
  toJSON(): string {
    return this.#id;
  }
}

class Long {
  readonly #low: number;
  constructor(low: number) {
    this.#low = low;
  }
  toString(): string {
    return String(this.#low);
  }
}

class Money {
  readonly amount: number;
  readonly currency: string;
  constructor(amount: number, currency: string) {
    this.amount = amount;
    this.currency = currency;
  }
}

class Client {
  readonly name = "a";
  readonly send = (): void => {};
}

class Secret {
  readonly #value: number;
  constructor(value: number) {
    this.#value = value;
  }
  get(): number {
    return this.#value;
  }
}

describe("a value as plain data", () => {
  const circle: { self?: unknown } = {};
  circle.self = circle;
  const cases: [string, unknown, unknown][] = [
    ["a date", new Date(0), "1970-01-01T00:00:00.000Z"],
    ["a date that is none", new Date(NaN), "Invalid Date"],
    ["a URL", new URL("http://a/b?c#d"), "http://a/b?c#d"],
    ["search parameters", new URLSearchParams("a=1"), "a=1"],
    ["a map of text", new Map([["a", 1]]), { a: 1 }],
    ["a map of numbers", new Map([[1, "a"]]), [[1, "a"]]],
    ["a set", new Set([1, "1"]), [1, "1"]],
    ["an error", new TypeError("no"), "TypeError: no"],
    ["bytes", Buffer.from("job"), "job"],
    ["a buffer", new TextEncoder().encode("job").buffer, "job"],
    ["numbers", new Float64Array([1.5, -2]), [1.5, -2]],
    ["large numbers", new BigInt64Array([5n]), ["5n"]],
    ["a bigint", 5n, "5n"],
    ["a symbol", Symbol("a"), "Symbol(a)"],
    ["no number", NaN, "NaN"],
    ["an infinity", -Infinity, "-Infinity"],
    ["a pattern", /a+/g, "/a+/g"],
    ["an id with toJSON", new ObjectId("65f0"), "65f0"],
    ["a number with toString", new Long(12), "12"],
    ["an instance with fields", new Money(5, "EUR"), { amount: 5, currency: "EUR" }],
    ["instances within", { at: [new Date(0), { of: new ObjectId("a") }] }, undefined],
    ["a name that is dangerous", JSON.parse('{"__proto__":1}'), JSON.parse('{"__proto__":1}')],
  ];
  it.each(cases)("%s", (_, value, expected) => {
    const read = readPlain(value);
    expect(read.vague).toBeUndefined();
    if (expected !== undefined) expect(read.value).toEqual(expected);
    else expect(JSON.stringify(read.value)).toBe('{"at":["1970-01-01T00:00:00.000Z",{"of":"a"}]}');
  });

  const vague: [string, unknown, string, RegExp][] = [
    ["a function", () => {}, "[function]", /a function/],
    ["a client", new Client(), "[Client]", /an instance of Client/],
    ["an instance that keeps all to itself", new Secret(1), "[Secret]", /an instance of Secret/],
    ["a promise", Promise.resolve(1), "[Promise]", /a promise/],
    ["a weak map", new WeakMap(), "[WeakMap]", /an instance of WeakMap/],
  ];
  it.each(vague)("%s is its kind, and is no name for anything", (_, value, text, why) => {
    expect(readPlain(value)).toEqual({ value: text, vague: expect.stringMatching(why) as string });
    expect(plain({ a: value })).toEqual({ a: text });
  });

  it("that goes round in a circle, or cannot be read, is said to", () => {
    expect(plain(circle)).toEqual({ self: "[circular]" });
    const throws = {
      get a(): never {
        throw new Error("no");
      },
    };
    expect(readPlain(throws).vague).toMatch(/cannot be read/);
  });

  it("that is too long stays different from others that begin the same", () => {
    const a = plain("x".repeat(20_000) + "a") as string;
    const b = plain("x".repeat(20_000) + "b") as string;
    expect(a).not.toBe(b);
    expect(a).toMatch(/… \(20001 characters, \w+\)$/);
    const bytes = (last: number): unknown => plain(Uint8Array.of(...Array(20_000).fill(1), last));
    expect(bytes(1)).not.toBe(bytes(2));
  });

  it("calls no code of the program's where it may not", () => {
    let called = 0;
    const value = {
      get a() {
        return ++called;
      },
      b: { toJSON: () => ++called, c: 1 },
      d: new ObjectId("a"),
    };
    expect(plain(value, { quiet: true })).toMatchObject({ a: "[getter]", d: "[ObjectId]" });
    expect(called).toBe(0);
  });
});

describe("in a run", () => {
  it("two keys that are instances are two locks", async () => {
    const keys = [
      'new URL("http://a/")|new URL("http://b/")',
      "new Date(1)|new Date(2)",
      "new Map([[1, 2]])|new Map([[1, 3]])",
      'new Error("a")|new Error("b")',
      "Uint16Array.of(1)|Uint16Array.of(2)",
      "1n|2n",
      'Symbol("a")|Symbol("b")',
      "NaN|null",
    ];
    for (const [one, other] of keys.map((pair) => pair.split("|"))) {
      const { violations, history } = await runDescribed(`
        w.hosts("client", 2, async ({ op, index, sleep }) => {
          await sleep(10);
          await op("acquire", index === 0 ? ${one} : ${other}, () => {});
          await sleep(100);
        });
        w.check(mutex());
        w.run("1s");`);
      expect(violations, `${one} and ${other}`).toEqual([]);
      expect(history.operations.filter(({ f }) => f === "acquire")).toHaveLength(2);
    }
  });

  it("a key that names nothing is refused, even where the program catches all", async () => {
    const run = runDescribed(`
      class Secret { #a = 1; }
      w.host("client", async ({ op, sleep }) => {
        await sleep(10);
        await op("acquire", new Secret(), () => {}).catch(() => {});
      });
      w.run("1s");`);
    await expect(run).rejects.toMatchObject({
      code: "LC_BAD_OPERATION",
      message: expect.stringMatching(
        /^client: op\("acquire", \.\.\.\): the key holds an instance of Secret.*\(at .*world\.ts:7:\d+\)$/,
      ) as string,
    });
  });

  it("details are shown as they are", async () => {
    const { violations } = await runDescribed(`
      w.host("a", ({ always }) => {
        always("once", false, { slot: new Date(4000), runs: 3, of: new Set([1]), by: new Map() });
      });
      w.run("1s");`);
    expect(violations[0]?.story.lines[0]?.text).toContain(
      '{"slot":"1970-01-01T00:00:04.000Z","runs":3,"of":[1],"by":{}}',
    );
  });

  it("an answer that is a handle is told as held, and what it is stands in the history", async () => {
    const { violations, history } = await runDescribed(`
      class Lock { release = () => {}; }
      w.hosts("client", 2, async ({ op, sleep }) => {
        await op("acquire", "job", () => new Lock());
        await sleep(100);
      });
      w.check(mutex());
      w.run("1s");`);
    expect(violations[0]?.story.lines[0]?.text).toBe("acquire job -> held");
    expect(history.operations[0]?.output).toBe("[Lock]");
  });

  it("an operation that answers code of the program's does not change a run that is watched", async () => {
    const body = `
      w.host("a", async ({ op, always, random, sleep }) => {
        for (let n = 0; n < 5; n++) {
          const value = { toJSON: () => Math.random() };
          always("fine", true, { value });
          await op("read", "x", () => value);
          await sleep(random.integer(1, 9));
        }
      });
      w.run("1s");`;
    const watched = await runDescribed(body, { trace: true, timeline: true });
    expect(watched.fingerprint).toBe((await runDescribed(body)).fingerprint);
  });
});

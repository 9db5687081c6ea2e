/** JSON that is loaded again and again: the same values as JSON.parse, and new objects each time. */
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { describe, expect, it } from "vitest";
import { jsonValue } from "../../src/node/program/json-values.ts";

const table = readFileSync(createRequire(import.meta.url).resolve("mime-db/db.json"), "utf8");

describe("JSON that is loaded again and again", () => {
  it("has the same values, in the same order, in objects of its own", () => {
    type Table = Record<string, { extensions: string[] }>;
    for (let time = 0; time < 6; time++) {
      const value = jsonValue(table) as Table;
      expect(JSON.stringify(value)).toBe(JSON.stringify(JSON.parse(table)));
      (value["text/html"] as Table[string]).extensions.push("changed");
      delete value["text/css"];
      value["added"] = { extensions: [] };
    }
  });

  it("differs in nothing from what JSON.parse gives", () => {
    const filling = `"filling": "${"x".repeat(5_000)}"`;
    const texts = [
      `{ "__proto__": { "a": 1 }, ${filling} }`,
      `{ "\\u005f_proto__": { "a": 1 }, ${filling} }`,
      `{ "__\\u0070roto__": { "a": 1 }, ${filling} }`,
      `{ "b": 1, "2": 2, "1": 1, "b": 3, "n": -0, "e": 1e400, "s": "\u2028\\ud800", ${filling} }`,
      `[[], {}, null, true, -1.5e-3, { ${filling} }]`,
      `"${"x".repeat(5_000)}"`,
    ];
    for (const text of texts) {
      const parsed: unknown = JSON.parse(text);
      for (let time = 0; time < 5; time++) {
        const value = jsonValue(text);
        expect(value).toStrictEqual(parsed);
        expect(JSON.stringify(value)).toBe(JSON.stringify(parsed));
        if (typeof value === "object") {
          expect(Object.getPrototypeOf(value)).toBe(Object.getPrototypeOf(parsed));
        }
      }
    }
  });

  it("fails in the same way each time", () => {
    const text = `{ "a": 1,, ${" ".repeat(5_000)} }`;
    for (let time = 0; time < 5; time++) {
      expect(() => jsonValue(text)).toThrow(/JSON/);
      expect(() => jsonValue(`{}) + (${" ".repeat(5_000)} 1`)).toThrow(SyntaxError);
    }
  });
});

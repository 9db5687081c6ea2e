/** docs/dissectors.md names every protocol and every value for filters. */
import { readFileSync } from "node:fs";
import { expect, it } from "vitest";
import { dissectors } from "../../src/dissect/index.ts";

it("docs/dissectors.md has every dissector with its filters", () => {
  const page = readFileSync(new URL("../../docs/dissectors.md", import.meta.url), "utf8");
  const names = dissectors.flatMap(({ name, filters }) => [name, ...filters]);
  expect(names.filter((name) => !page.includes(`\`${name}\``))).toEqual([]);
});

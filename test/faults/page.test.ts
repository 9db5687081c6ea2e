/** docs/faults.md is what the registry, the kinds' comments and their examples say. */
import { readFileSync, writeFileSync } from "node:fs";
import { expect, it } from "vitest";
import { commentBefore, optionsOf } from "../../tools/faults-doc/comments.ts";
import { faultsPage } from "../../tools/faults-doc/page.ts";

it("is up to date: run `npm run faults -- --page` when this fails", () => {
  const page = faultsPage(process.cwd());
  if (process.env["LIGHTCONE_FAULT_PAGE"] === "write") writeFileSync("docs/faults.md", page);
  expect(readFileSync("docs/faults.md", "utf8") === page).toBe(true);
});

it("reads comments with their tags, and options with their defaults", () => {
  const source = `
/** The options. */
export interface RainOptions extends FaultOptions {
  /** How much. Default: drawn. */
  readonly much?: number;
}
/**
 * It rains
 * for long.
 *
 * @cause a cloud,
 * or two
 */
export const rain: FaultWord<RainOptions> = {};`;
  expect(commentBefore(source, "export const rain:")).toEqual({
    text: "It rains\nfor long.",
    tags: { cause: "a cloud, or two" },
  });
  expect(optionsOf(source, "RainOptions")).toEqual([
    { name: "much", text: "How much.", fallback: "drawn" },
  ]);
  expect(() => optionsOf(source.replace(" Default: drawn.", ""), "RainOptions")).toThrow(/default/);
});

/** Every code that Lightcone can say is explained, and every code that is explained can be said. */
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, it } from "vitest";

const CODE = /\bLC_[A-Z_]+\b/g;
/** Environment variables of the locale look like ours. */
const NOT_OURS = new Set(["LC_ALL", "LC_CTYPE"]);

function codesIn(text: string): Set<string> {
  return new Set((text.match(CODE) ?? []).filter((code) => !NOT_OURS.has(code)));
}

it("explains each code in docs/errors.md, once", () => {
  const sources = (readdirSync("src", { recursive: true }) as string[])
    .filter((file) => file.endsWith(".ts"))
    .map((file) => readFileSync(join("src", file), "utf8"));
  const said = codesIn(sources.join("\n"));
  const rows = readFileSync("docs/errors.md", "utf8")
    .split("\n")
    .filter((line) => line.startsWith("| `LC_"))
    .flatMap((line) => [...codesIn((line.split("|")[1] as string) ?? "")]);
  expect(rows.toSorted()).toEqual([...said].toSorted());
});

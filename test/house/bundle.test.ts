/** A module that was joined with what it imports is what it was: its names, and where its files lie. */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { afterAll, expect, it } from "vitest";
import { bundle } from "../../tools/bundle.mjs";

const folder = mkdtempSync(join(tmpdir(), "lightcone-bundle-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

it("keeps the names of functions and classes, and the places of files", async () => {
  const files = {
    "package.json": '{ "type": "module" }',
    "entry.js": `import { A, say, where } from "./one.js";
      import { B, also } from "./two/two.js";
      export const told = [A.name, new B().constructor.name, say.name, also.name, where, say(), also()];`,
    "one.js": `class Socket {}
      export { Socket as A };
      export function say() { return 1; }
      export const where = import.meta.url;`,
    "two/two.js": `const Socket = class Socket {};
      function say() { return 2; }
      export { Socket as B, say as also };`,
  };
  mkdirSync(join(folder, "two"));
  for (const [name, text] of Object.entries(files)) writeFileSync(join(folder, name), text);
  const entry = join(folder, "entry.js");
  await bundle(entry);
  rmSync(join(folder, "one.js"));
  rmSync(join(folder, "two"), { recursive: true });
  const { told } = (await import(pathToFileURL(entry).href)) as { told: unknown };
  const where = pathToFileURL(join(folder, "one.js")).href;
  expect(told).toEqual(["Socket", "Socket", "say", "say", where, 1, 2]);
});

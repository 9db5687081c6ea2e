/** The cache of parsed files outlives damage, other versions and other writers. */
import {
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  utimesSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";

type Store = typeof import("../../src/node/program/source/store.ts");

/** Long enough to be worth writing. */
const text = (name: string): string => `// ${name}\n${"x".repeat(200_000)}`;
const before = process.env["LIGHTCONE_CACHE"];
let folder: string;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "lightcone-store-"));
  process.env["LIGHTCONE_CACHE"] = folder;
});
afterEach(() => {
  rmSync(folder, { recursive: true });
  process.env["LIGHTCONE_CACHE"] = before;
});

/** The store as a new process has it, with the project at `root` open. */
async function storeAt(root: string): Promise<Store> {
  vi.resetModules();
  const store = await import("../../src/node/program/source/store.ts");
  store.openStore(root);
  return store;
}

describe("the cache of parsed files", () => {
  it("is read by the next process, and by no other project", async () => {
    const first = await storeAt("/a");
    first.remember("commonjs", text("one"), { made: 1 });
    first.saveStore();
    expect((await storeAt("/a")).recall("commonjs", text("one"))).toEqual({ made: 1 });
    expect((await storeAt("/a")).recall("module", text("one"))).toBeUndefined();
    expect((await storeAt("/b")).recall("commonjs", text("one"))).toBeUndefined();
  });

  it("keeps what two processes have written", async () => {
    const [one, other] = [await storeAt("/a"), await storeAt("/a")];
    one.remember("commonjs", text("one"), { made: 1 });
    other.remember("commonjs", text("other"), { made: 2 });
    one.saveStore();
    other.saveStore();
    const next = await storeAt("/a");
    expect(next.recall("commonjs", text("one"))).toEqual({ made: 1 });
    expect(next.recall("commonjs", text("other"))).toEqual({ made: 2 });
  });

  it("begins anew from a file that was cut off", async () => {
    const first = await storeAt("/a");
    first.remember("commonjs", text("one"), { made: 1 });
    first.saveStore();
    const [name = ""] = readdirSync(folder);
    writeFileSync(join(folder, name), readFileSync(join(folder, name)).subarray(0, 30));
    const next = await storeAt("/a");
    expect(next.recall("commonjs", text("one"))).toBeUndefined();
    next.remember("commonjs", text("one"), { made: 2 });
    next.saveStore();
    expect((await storeAt("/a")).recall("commonjs", text("one"))).toEqual({ made: 2 });
  });

  it("removes its own old files, and nothing of anybody else", async () => {
    const old = new Date(Date.now() - 40 * 86_400_000);
    const stale = `${"A".repeat(24)}.json`;
    for (const name of [stale, `${stale}.77`, "package.json", "notes.txt"]) {
      writeFileSync(join(folder, name), "{}");
      utimesSync(join(folder, name), old, old);
    }
    mkdirSync(join(folder, "kept"));
    const store = await storeAt("/a");
    store.remember("commonjs", text("one"), { made: 1 });
    store.saveStore();
    const left = readdirSync(folder);
    expect(left).toHaveLength(4);
    expect(left).toEqual(expect.arrayContaining(["kept", "notes.txt", "package.json"]));
  });
});

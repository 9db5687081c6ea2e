/** What a power loss leaves, as stories. */
import { describe, expect, it } from "vitest";
import {
  O_APPEND,
  O_CREAT,
  O_DSYNC,
  O_SYNC,
  O_TRUNC,
  status,
  find,
} from "../../src/sim/disk/index.ts";
import * as disk from "../../src/sim/disk/index.ts";
import { Machine } from "./machine.ts";

describe("after a power loss", () => {
  it("a file that nobody synced is gone", () => {
    const machine = new Machine();
    machine.write("/srv/data", "hello");
    expect(machine.read("/srv/data")).toBe("hello");
    machine.crash();
    expect(machine.list("/srv")).toEqual([]);
  });

  it("a process's death loses nothing: the page cache is the machine's", () => {
    const machine = new Machine();
    machine.write("/srv/data", "hello");
    machine.killProcess();
    expect(machine.read("/srv/data")).toBe("hello");
  });

  it("a synced file without a synced directory has no name, and so is gone", () => {
    const machine = new Machine();
    machine.write("/srv/data", "hello");
    machine.sync("/srv/data");
    machine.crash();
    expect(machine.list("/srv")).toEqual([]);
  });

  it("a synced directory without a synced file has an empty file", () => {
    const machine = new Machine();
    machine.write("/srv/data", "hello");
    machine.sync("/srv");
    machine.crash();
    expect(machine.list("/srv")).toEqual(["data"]);
    expect(machine.read("/srv/data")).toBe("");
  });

  it("file and directory synced, all is there", () => {
    const machine = new Machine();
    machine.write("/srv/data", "hello");
    machine.sync("/srv/data");
    machine.sync("/srv");
    machine.crash();
    expect(machine.read("/srv/data")).toBe("hello");
  });

  it("what was written after the sync is lost, and what was before is as it was", () => {
    const machine = new Machine();
    machine.write("/srv/log", "one;");
    machine.sync("/srv/log");
    machine.sync("/srv");
    machine.write("/srv/log", "two;", O_APPEND);
    expect(machine.read("/srv/log")).toBe("one;two;");
    machine.crash();
    expect(machine.read("/srv/log")).toBe("one;");
  });

  it("an overwrite in place that was not synced leaves the old bytes", () => {
    const machine = new Machine();
    machine.write("/srv/data", "old");
    machine.sync("/srv/data");
    machine.sync("/srv");
    machine.write("/srv/data", "newer", O_TRUNC);
    machine.crash();
    expect(machine.read("/srv/data")).toBe("old");
  });

  it("fdatasync keeps the data and the size, not the mode", () => {
    const machine = new Machine();
    machine.write("/srv/data", "old");
    machine.sync("/srv/data");
    machine.sync("/srv");
    machine.write("/srv/data", "longer", O_TRUNC);
    const target = disk.target(machine.fs, machine.files, "/srv/data");
    disk.chmod(machine.fs, machine.files, target, 0o600);
    machine.sync("/srv/data", true);
    machine.crash();
    expect(machine.read("/srv/data")).toBe("longer");
    expect(status(find(machine.fs.root, machine.files, "/srv/data")).mode & 0o777).toBe(0o644);
  });

  it.each([
    ["O_SYNC", O_SYNC],
    ["O_DSYNC", O_DSYNC],
  ])("%s makes each write durable, but not the name", (_name, flag) => {
    const machine = new Machine();
    machine.write("/srv/data", "", O_CREAT);
    machine.sync("/srv");
    machine.write("/srv/data", "kept", flag);
    machine.write("/srv/other", "kept", O_CREAT | flag);
    machine.crash();
    expect(machine.list("/srv")).toEqual(["data"]);
    expect(machine.read("/srv/data")).toBe("kept");
  });

  it("an unsynced unlink brings the file back", () => {
    const machine = new Machine();
    machine.write("/srv/data", "hello");
    machine.sync("/srv/data");
    machine.sync("/srv");
    machine.unlink("/srv/data");
    machine.crash();
    expect(machine.read("/srv/data")).toBe("hello");
  });

  it("a directory needs its parent's sync, whatever it holds", () => {
    const machine = new Machine();
    machine.mkdir("/srv/db");
    machine.write("/srv/db/data", "hello");
    machine.sync("/srv/db/data");
    machine.sync("/srv/db");
    machine.crash();
    expect(machine.list("/srv")).toEqual([]);
  });

  it("open files and removed files are gone, and their room is free again", () => {
    const machine = new Machine();
    const before = machine.fs.usedPages;
    machine.write("/srv/data", "x".repeat(100_000));
    const open = machine.open("/srv/data");
    machine.unlink("/srv/data");
    expect(machine.fs.usedPages).toBe(before + 25);
    machine.crash();
    open.release();
    expect(machine.fs.usedPages).toBe(before);
  });
});

describe("write, sync, rename: replacing a file", () => {
  function replace(machine: Machine, steps: { syncFile: boolean; syncDirectory: boolean }): void {
    machine.write("/srv/config", "old");
    machine.sync("/srv/config");
    machine.sync("/srv");
    machine.write("/srv/config.tmp", "new");
    if (steps.syncFile) machine.sync("/srv/config.tmp");
    machine.rename("/srv/config.tmp", "/srv/config");
    if (steps.syncDirectory) machine.sync("/srv");
    machine.crash();
  }

  it("done right, the new file is there", () => {
    const machine = new Machine();
    replace(machine, { syncFile: true, syncDirectory: true });
    expect(machine.list("/srv")).toEqual(["config"]);
    expect(machine.read("/srv/config")).toBe("new");
  });

  it("without the directory's sync, the old one is, whole", () => {
    const machine = new Machine();
    replace(machine, { syncFile: true, syncDirectory: false });
    expect(machine.list("/srv")).toEqual(["config"]);
    expect(machine.read("/srv/config")).toBe("old");
  });

  it("without the file's sync, the name is the new one's and the bytes are nobody's", () => {
    const machine = new Machine();
    replace(machine, { syncFile: false, syncDirectory: true });
    expect(machine.read("/srv/config")).toBe("");
  });

  it("between two directories, a sync of either commits both sides", () => {
    for (const synced of ["/srv/a", "/srv/b"]) {
      const machine = new Machine();
      machine.mkdir("/srv/a");
      machine.mkdir("/srv/b");
      machine.write("/srv/a/file", "hello");
      machine.sync("/srv/a/file");
      machine.sync("/srv/a");
      machine.sync("/srv");
      machine.rename("/srv/a/file", "/srv/b/file");
      machine.sync(synced);
      machine.crash();
      expect(machine.list("/srv/a")).toEqual([]);
      expect(machine.read("/srv/b/file")).toBe("hello");
    }
  });
});

describe("a policy for what was not synced", () => {
  it("is asked about each operation, in the order in which they were done", () => {
    const asked: string[] = [];
    const machine = new Machine({
      policy: (operation) => {
        asked.push(operation.kind);
        return false;
      },
    });
    machine.write("/srv/a", "one");
    machine.rename("/srv/a", "/srv/b");
    machine.crash();
    expect(asked).toEqual(["entries", "write", "entries"]);
  });

  it("may let everything survive", () => {
    const machine = new Machine({ policy: () => true });
    machine.write("/srv/data", "hello");
    machine.crash();
    expect(machine.read("/srv/data")).toBe("hello");
  });

  it("may tear a write", () => {
    const machine = new Machine({
      policy: (operation) => (operation.kind === "write" ? 3 : true),
    });
    machine.write("/srv/data", "hello");
    machine.crash();
    expect(machine.read("/srv/data")).toBe("hel");
  });

  it("may reorder: the rename survives, the write before it does not", () => {
    const machine = new Machine({ policy: (operation) => operation.kind === "entries" });
    machine.write("/srv/data.tmp", "hello");
    machine.rename("/srv/data.tmp", "/srv/data");
    machine.crash();
    expect(machine.list("/srv")).toEqual(["data"]);
    expect(machine.read("/srv/data")).toBe("");
  });

  it("hears nothing of what the kernel had to write back to have room", () => {
    let writes = 0;
    const machine = new Machine({
      dirtyBytesMax: 10_000,
      policy: (operation) => {
        if (operation.kind === "write") writes++;
        return operation.kind === "entries";
      },
    });
    machine.write("/srv/early", "x".repeat(8_000));
    machine.write("/srv/late", "y".repeat(4_000));
    machine.crash();
    expect(writes).toBe(1);
    expect(machine.read("/srv/early")).toHaveLength(8_000);
    expect(machine.read("/srv/late")).toBe("");
  });
});

describe("two crashes", () => {
  it("a second crash without writes changes nothing", () => {
    const machine = new Machine();
    machine.write("/srv/data", "hello");
    machine.sync("/srv/data");
    machine.sync("/srv");
    machine.crash();
    const before = status(find(machine.fs.root, machine.files, "/srv/data"));
    machine.crash();
    expect(machine.read("/srv/data")).toBe("hello");
    const after = status(find(machine.fs.root, machine.files, "/srv/data"));
    expect({ ...after, atime: before.atime }).toEqual(before);
    expect(status(find(machine.fs.root, machine.files, "/srv")).nlink).toBe(2);
  });
});

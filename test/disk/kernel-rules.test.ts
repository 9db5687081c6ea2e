/** Rules of the disk that Node's API does not show directly, or that need a disk of a certain kind. */
import { describe, expect, it } from "vitest";
import * as disk from "../../src/sim/disk/index.ts";
import { Machine } from "./machine.ts";

describe("a disk that is full", () => {
  it("refuses the write that does not fit, and takes it once there is room", () => {
    const machine = new Machine({ capacityBytes: 10 * 4_096 });
    machine.write("/srv/a", "x".repeat(9 * 4_096));
    expect(machine.outcome(() => machine.write("/srv/b", "y".repeat(2 * 4_096)))).toBe("ENOSPC");
    machine.unlink("/srv/a");
    machine.write("/srv/b", "y".repeat(2 * 4_096));
    expect(disk.statfs(machine.fs, machine.files, "/")).toMatchObject({
      blocks: 10,
      blocksFree: 8,
    });
  });

  it("counts a hole as nothing", () => {
    const machine = new Machine({ capacityBytes: 4 * 4_096 });
    const file = machine.open("/srv/sparse", disk.O_CREAT | disk.O_RDWR);
    disk.write(file, machine.files, new Uint8Array([1]), 1_000_000_000);
    expect(disk.status(file.inode)).toMatchObject({ size: 1_000_000_001, blocks: 8 });
    const before = new Uint8Array(2).fill(9);
    disk.read(file, machine.files, before, 999_999_999);
    expect([...before]).toEqual([0, 1]);
  });
});

describe("a file that was unlinked while open", () => {
  it("is read and written as before, and freed with the last descriptor", () => {
    const machine = new Machine();
    machine.write("/srv/data", "hello");
    const used = machine.fs.usedPages;
    const file = machine.open("/srv/data", disk.O_RDWR);
    machine.unlink("/srv/data");
    const target = new Uint8Array(5);
    disk.read(file, machine.files, target, 0);
    expect(disk.status(file.inode)).toMatchObject({ nlink: 0, size: 5 });
    expect(machine.fs.usedPages).toBe(used);
    file.release();
    expect(machine.fs.usedPages).toBe(used - 1);
  });
});

describe("files that come and go", () => {
  it("leave nothing behind, however many they are", () => {
    const machine = new Machine();
    const used = machine.fs.usedPages;
    const inodes = machine.fs.inodeCount;
    for (let i = 0; i < 5_000; i++) {
      machine.write("/tmp/scratch", "x".repeat(5_000));
      machine.unlink("/tmp/scratch");
    }
    expect(machine.fs.usedPages).toBe(used);
    expect(machine.fs.inodeCount).toBe(inodes);
    expect(machine.fs.journal.dirtyBytes).toBe(0);
    expect(disk.find(machine.fs.root, machine.files, "/tmp").pending.length).toBeLessThan(1_100);
  });
});

describe("permissions", () => {
  it("bind everyone but root; a sticky directory protects its files", () => {
    const machine = new Machine();
    machine.write("/tmp/root-only", "secret");
    disk.chmod(
      machine.fs,
      machine.files,
      disk.target(machine.fs, machine.files, "/tmp/root-only"),
      0o600,
    );
    machine.files.uid = 1_000;
    machine.files.gid = 1_000;
    expect(machine.outcome(() => machine.read("/tmp/root-only"))).toBe("EACCES");
    expect(machine.outcome(() => machine.unlink("/tmp/root-only"))).toBe("EPERM");
    expect(machine.outcome(() => machine.write("/etc/mine", ""))).toBe("EACCES");
    expect(machine.outcome(() => machine.list("/root"))).toBe("EACCES");
    expect(machine.outcome(() => machine.write("/tmp/mine", "ok"))).toBe("ok");
    const passwd = disk.target(machine.fs, machine.files, "/etc/passwd");
    expect(machine.outcome(() => disk.chmod(machine.fs, machine.files, passwd, 0o777))).toBe(
      "EPERM",
    );
  });
});

describe("symbolic links", () => {
  it("that go in circles end with ELOOP", () => {
    const machine = new Machine();
    disk.symlink(machine.fs, machine.files, "/srv/b", "/srv/a");
    disk.symlink(machine.fs, machine.files, "/srv/a", "/srv/b");
    expect(machine.outcome(() => machine.read("/srv/a"))).toBe("ELOOP");
    expect(machine.outcome(() => machine.open("/srv/a", disk.O_NOFOLLOW))).toBe("ELOOP");
  });

  it("are made through when they dangle", () => {
    const machine = new Machine();
    disk.symlink(machine.fs, machine.files, "/srv/real", "/srv/link");
    machine.write("/srv/link", "through");
    expect(machine.read("/srv/real")).toBe("through");
    const exclusive = (): unknown =>
      machine.open("/srv/link", disk.O_CREAT | disk.O_EXCL | disk.O_WRONLY);
    expect(machine.outcome(exclusive)).toBe("EEXIST");
  });
});

describe("a tree that someone else provides", () => {
  it("is read on the first look, changed in memory alone, and as it was after a crash", () => {
    const machine = new Machine();
    let reads = 0;
    disk.mountTree(machine.fs, "/provided", {
      list: (path) =>
        path === "" ? [{ name: "file", kind: "file", executable: false, size: 3 }] : [],
      read() {
        reads++;
        return Uint8Array.from([97, 98, 99]);
      },
      readLink: () => "",
    });
    expect(machine.list("/provided")).toEqual(["file"]);
    expect(reads).toBe(0);
    expect(machine.read("/provided/file")).toBe("abc");
    machine.write("/provided/file", "changed");
    machine.write("/provided/more", "more");
    expect(machine.read("/provided/file")).toBe("changed");
    machine.crash();
    expect(machine.list("/provided")).toEqual(["file"]);
    expect(machine.read("/provided/file")).toBe("abc");
    expect(reads).toBe(1);
  });
});

describe("sockets in the file system", () => {
  it("can be bound once, found while someone listens, and outlive their owner as a dead name", () => {
    const machine = new Machine();
    const owner = {};
    const { fs, files } = machine;
    const inode = disk.bindSocket(fs, files, "/tmp/app.sock", owner) as disk.SocketNode;
    expect(disk.findSocket(fs, files, "/tmp/app.sock")).toBe(owner);
    expect(machine.outcome(() => disk.bindSocket(fs, files, "/tmp/app.sock", owner))).toBe(
      "EADDRINUSE",
    );
    expect(machine.outcome(() => machine.open("/tmp/app.sock"))).toBe("ENXIO");
    inode.owner = undefined;
    expect(machine.outcome(() => disk.findSocket(fs, files, "/tmp/app.sock"))).toBe("ECONNREFUSED");
  });
});

describe("devices", () => {
  it("answer as Linux's do", () => {
    const machine = new Machine();
    const target = new Uint8Array(8).fill(7);
    const read = (path: string): number => disk.read(machine.open(path), machine.files, target, -1);
    expect(read("/dev/null")).toBe(0);
    expect(read("/dev/zero")).toBe(8);
    expect([...target]).toEqual([0, 0, 0, 0, 0, 0, 0, 0]);
    read("/dev/urandom");
    expect(target.some((byte) => byte !== 0)).toBe(true);
    expect(machine.outcome(() => machine.write("/dev/full", "x", disk.O_WRONLY))).toBe("ENOSPC");
    expect(machine.outcome(() => machine.open("/dev/tty"))).toBe("ENXIO");
  });
});

describe("the clock of a disk", () => {
  it("lets flushes queue behind each other", () => {
    const machine = new Machine({
      timing: { ...disk.ssd, flush: { minNs: 1_000_000, maxNs: 1_000_000 } },
    });
    const { clock } = machine.disk;
    const first = clock.delayNs({ flushBytes: 0 }, true);
    const second = clock.delayNs({ flushBytes: 0 }, true);
    expect(second).toBe(first + 1_000_000);
    expect(clock.delayNs({}, true)).toBeLessThan(100_000);
  });
});

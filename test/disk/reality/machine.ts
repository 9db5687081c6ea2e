/** A real file system in an image, on a loop device. It crashes when its image is copied: the copy has what was written back. */
import { execFileSync } from "node:child_process";
import fs from "node:fs";
import { join } from "node:path";
import { type Call, FOLDERS, OTHER, tellState } from "./program.ts";

/** A kind of file system, as it is made and mounted. */
export interface Kind {
  readonly name: string;
  readonly bytes: number;
  readonly make: readonly string[];
  readonly mount: readonly string[];
}

const MIB = 2 ** 20;

/** The file systems that are compared. */
export const kinds: readonly Kind[] = [
  {
    name: "ext4, ordered",
    bytes: 32 * MIB,
    make: ["mkfs.ext4", "-q", "-F"],
    mount: ["-t", "ext4", "-o", "data=ordered,noauto_da_alloc"],
  },
  {
    name: "ext4, writeback",
    bytes: 32 * MIB,
    make: ["mkfs.ext4", "-q", "-F"],
    mount: ["-t", "ext4", "-o", "data=writeback,noauto_da_alloc"],
  },
  { name: "xfs", bytes: 320 * MIB, make: ["mkfs.xfs", "-q", "-f"], mount: ["-t", "xfs"] },
  { name: "btrfs", bytes: 128 * MIB, make: ["mkfs.btrfs", "-q", "-f"], mount: ["-t", "btrfs"] },
];

const run = (command: string, ...args: string[]): string =>
  execFileSync(command, args, { encoding: "utf8", stdio: ["ignore", "pipe", "pipe"] }).trim();

/** Makes images, mounts them and copies them in a folder of its own. */
export class RealMachine {
  readonly #folder: string;
  readonly #kind: Kind;
  readonly #mounted: string;
  readonly #fresh: string;

  constructor(folder: string, kind: Kind) {
    this.#folder = folder;
    this.#kind = kind;
    this.#mounted = join(folder, "mounted");
    this.#fresh = join(folder, "fresh");
    fs.mkdirSync(this.#mounted, { recursive: true });
    const file = fs.openSync(this.#fresh, "w");
    fs.ftruncateSync(file, kind.bytes);
    fs.closeSync(file);
    const [make = "", ...args] = kind.make;
    run(make, ...args, this.#fresh);
    this.#within(this.#fresh, () => {
      for (const name of FOLDERS) {
        fs.mkdirSync(join(this.#mounted, name));
        fs.writeFileSync(join(this.#mounted, name, "log"), ".".repeat(4_096));
      }
      fs.writeFileSync(join(this.#mounted, OTHER), "o");
    });
  }

  /** What is left, in words, if the machine crashes after each of the calls, and what programs saw then. */
  crashes(calls: readonly Call[]): { readonly seen: string; readonly left: string }[] {
    const image = join(this.#folder, "image");
    fs.copyFileSync(this.#fresh, image);
    const copies: string[] = [];
    const seen: string[] = [];
    this.#within(image, () => {
      for (const [at, call] of calls.entries()) {
        this.#do(call);
        const copy = join(this.#folder, `crash-${at}`);
        run("cp", "--sparse=always", image, copy);
        copies.push(copy);
        seen.push(this.#state());
      }
    });
    return copies.map((copy, at) => {
      const left = this.#within(copy, () => this.#state());
      fs.rmSync(copy);
      return { seen: seen[at] as string, left };
    });
  }

  #within<T>(image: string, action: () => T): T {
    const device = run("losetup", "--find", "--show", image);
    try {
      run("mount", ...this.#kind.mount, device, this.#mounted);
      try {
        return action();
      } finally {
        run("umount", this.#mounted);
      }
    } finally {
      run("losetup", "--detach", device);
    }
  }

  #do(call: Call): void {
    const at = (path: string): string => join(this.#mounted, path);
    try {
      if (call.call === "rename") fs.renameSync(at(call.from), at(call.to));
      else if (call.call === "link") fs.linkSync(at(call.from), at(call.to));
      else if (call.call === "unlink") fs.unlinkSync(at(call.path));
      else if (call.call === "truncate") fs.truncateSync(at(call.path), call.size);
      else if (call.call === "write back") writeBack(at(call.path));
      else this.#doOpen(call, at(call.path));
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === undefined) throw error;
    }
  }

  #doOpen(call: Call & { readonly path: string }, path: string): void {
    const { O_CREAT, O_RDONLY, O_TRUNC, O_WRONLY } = fs.constants;
    const flags =
      call.call === "write"
        ? O_WRONLY | O_CREAT
        : call.call === "empty"
          ? O_WRONLY | O_CREAT | O_TRUNC
          : O_RDONLY;
    if (call.call === "sync" && call.path === OTHER) fs.writeFileSync(path, "o", { flag: "r+" });
    const file = fs.openSync(path, flags, 0o644);
    try {
      if (call.call === "write") fs.writeSync(file, call.text, call.offset, "latin1");
      if (call.call === "sync") fs.fsyncSync(file);
    } finally {
      fs.closeSync(file);
    }
  }

  #state(): string {
    const files = new Map<string, string>();
    for (const path of fs.readdirSync(this.#mounted, { recursive: true }) as string[]) {
      const full = join(this.#mounted, path);
      if (fs.statSync(full).isFile()) files.set(path, fs.readFileSync(full, "latin1"));
    }
    return tellState(files);
  }
}

/** Starts what the kernel does when it needs memory: the pages of a file are written back, and dropped. */
function writeBack(path: string): void {
  if (!fs.existsSync(path)) return;
  run(
    "dd",
    "if=/dev/null",
    `of=${path}`,
    "conv=notrunc",
    "oflag=nocache",
    "count=0",
    "status=none",
  );
}

/** The states that the simulated disk may be in after a crash: all that a policy for power losses could keep. */
import type { Prng } from "../../../src/base/prng.ts";
import type { Caller } from "../../../src/sim/disk/caller.ts";
import { DiskFaults } from "../../../src/sim/disk/disk-faults.ts";
import { FileSystem } from "../../../src/sim/disk/file-system.ts";
import { type DirectoryNode, FileNode, isDirectory } from "../../../src/sim/disk/inode.ts";
import type { Kept } from "../../../src/sim/disk/journal.ts";
import * as disk from "../../../src/sim/disk/index.ts";
import { type Call, FOLDERS, OTHER, tellState } from "./program.ts";

const PAGE = 4_096;
/** With more operations than this that are not synced there are too many states to list. */
const PENDING_MAX = 11;

const bytes = (text: string): Uint8Array => Uint8Array.from(text, (one) => one.charCodeAt(0));

/** A disk after the first calls of a program, ready to lose power. */
class Model {
  readonly fs: FileSystem;
  readonly #caller: Caller;
  #nowNs = 0;

  constructor(prng: Prng) {
    const time = { seconds: 0, nanoseconds: 0 } as unknown as disk.Timestamp;
    this.fs = new FileSystem({
      capacityBytes: 2 ** 30,
      dirtyBytesMax: 2 ** 26,
      entriesMax: 1_024,
      nowNs: () => this.#nowNs++,
      epoch: time,
      faults: new DiskFaults(prng),
      onOperation: () => {},
    });
    this.#caller = {
      ...{ uid: 0, gid: 0, groups: [], umask: 0o22, directory: this.fs.root },
      now: () => time,
    };
    for (const folder of FOLDERS) {
      disk.mkdir(this.fs, this.#caller, folder, 0o755);
      this.#do({ call: "write", path: `${folder}/log`, offset: 0, text: ".".repeat(PAGE) });
      for (const path of [`${folder}/log`, folder]) this.#do({ call: "sync", path });
    }
    this.#do({ call: "write", path: OTHER, offset: 0, text: "o" });
    for (const path of [OTHER, "."]) this.#do({ call: "sync", path });
  }

  run(calls: readonly Call[]): this {
    for (const call of calls) {
      try {
        this.#do(call);
      } catch (error) {
        if (!(error instanceof disk.SystemError)) throw error;
      }
    }
    return this;
  }

  #do(call: Call): void {
    const { fs } = this;
    const caller = this.#caller;
    const open = (path: string, flags: number): disk.OpenFile =>
      disk.open(fs, caller, path, flags, 0o644);
    if (call.call === "rename") return disk.rename(fs, caller, call.from, call.to);
    if (call.call === "link") return disk.link(fs, caller, call.from, call.to);
    if (call.call === "unlink") return disk.unlink(fs, caller, call.path);
    if (call.call === "truncate") {
      return disk.truncate(fs, caller, disk.target(fs, caller, call.path), call.size);
    }
    // What the kernel writes back by itself is a matter of the power loss.
    if (call.call === "write back") return;
    const { path } = call;
    const flags = { write: disk.O_WRONLY | disk.O_CREAT, sync: disk.O_RDONLY, empty: 0 };
    const truncating = disk.O_WRONLY | disk.O_CREAT | disk.O_TRUNC;
    const file = open(path, call.call === "empty" ? truncating : flags[call.call]);
    if (call.call === "write") disk.write(file, caller, bytes(call.text), call.offset);
    if (call.call === "sync") {
      if (path === OTHER) disk.write(open(OTHER, disk.O_WRONLY), caller, bytes("o"), 0);
      disk.sync(file, false);
    }
    file.release();
  }

  /** The files that are there, in words. */
  state(): string {
    const files = new Map<string, string>();
    const visit = (folder: DirectoryNode, path: string): void => {
      for (const { name, inode } of folder.entries.values()) {
        if (isDirectory(inode)) visit(inode, `${path}${name}/`);
        if (!(inode instanceof FileNode)) continue;
        const content = new Uint8Array(inode.size);
        inode.content.read(0, content);
        files.set(`${path}${name}`, String.fromCharCode(...content));
      }
    };
    visit(this.fs.root, "");
    return tellState(files);
  }
}

/** The state that programs see after some calls. */
export function seenState(calls: readonly Call[], prng: Prng): string {
  return new Model(prng).run(calls).state();
}

/** The state after a power loss that some way of losing power leaves. */
export function stateAfter(
  calls: readonly Call[],
  prng: Prng,
  policy: disk.PowerLossPolicy,
): string {
  const model = new Model(prng).run(calls);
  model.fs.powerLoss(policy);
  return model.state();
}

/** Whether some choice of what is kept of each operation leaves a state; `undefined` if there are too many choices. */
export function mayBe(calls: readonly Call[], state: string, prng: Prng): boolean | undefined {
  const choices: number[] = [];
  const verdicts: (readonly Kept[])[] = [];
  const first = stateAfter(calls, prng, (operation) => {
    verdicts.push(verdictsOn(operation));
    choices.push(0);
    return false;
  });
  if (first === state) return true;
  if (verdicts.length > PENDING_MAX) return undefined;
  for (;;) {
    let at = 0;
    while (at < choices.length && ++(choices[at] as number) === verdicts[at]?.length) {
      choices[at++] = 0;
    }
    if (at === choices.length) return false;
    const left = stateAfter(calls, prng, (_, index) => {
      return verdicts[index]?.[choices[index] as number] as Kept;
    });
    if (left === state) return true;
  }
}

/** An operation is kept or not; of a write over two pages either may be. */
function verdictsOn(operation: disk.PendingOperation): Kept[] {
  if (operation.kind === "attributes") return [true];
  if (operation.kind !== "write") return [false, true];
  const { offset, bytes: written } = operation;
  const first = PAGE - (offset % PAGE);
  if (first >= written.length) return [false, true];
  return [false, true, first, [[first, written.length]]];
}

/** Descriptors 0, 1 and 2 as `node:fs` sees them: the same streams as `process.stdin` and so on. */
import { fail, filesOf, OpenFile, S_IFIFO, type StreamEnd } from "../sim/disk/index.ts";
import type { Process } from "../sim/process.ts";

const O_RDONLY = 0;
const O_WRONLY = 1;

/** The other ends of the standard descriptors. */
export interface StandardEnds {
  /**
   * Fills `target` with the available input. Returns 0 at its end. Fails with `EAGAIN` if there is
   * none yet.
   */
  readonly read: (target: Uint8Array) => number;
  readonly write: (stream: "stdout" | "stderr", bytes: Uint8Array) => void;
}

/** Reads input that has ended. */
export function noInput(): number {
  return 0;
}

/** Reads input that has not arrived yet. */
export function noInputYet(): number {
  return fail("EAGAIN");
}

/** Opens the three descriptors of a process. */
export function openStandardFiles(process: Process, ends: StandardEnds): void {
  const files = filesOf(process);
  const open = (fd: number, flags: number, stream: StreamEnd): void => {
    // A file inherited from the parent is open already.
    if (files.has(fd)) return;
    const { fs } = files;
    const inode = fs.newInode(fs.root.mount, S_IFIFO | 0o600, files, files.now());
    files.set(fd, new OpenFile(fs, inode, flags, { stream }));
  };
  const output = (name: "stdout" | "stderr"): StreamEnd => ({
    write(source) {
      ends.write(name, source);
      return source.length;
    },
  });
  open(0, O_RDONLY, { read: ends.read });
  open(1, O_WRONLY, output("stdout"));
  open(2, O_WRONLY, output("stderr"));
}

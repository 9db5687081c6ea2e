/**
 * Descriptors that a process is started with, as `node:fs` sees them: 0, 1 and 2 are the same streams as `process.stdin` and
 * so on, further ones are ends of pipes.
 */
import { fail, filesOf, OpenFile, S_IFIFO, type StreamEnd } from "../sim/disk/index.ts";
import { Errno } from "../sim/network/errno.ts";
import type { TcpSocket } from "../sim/network/tcp/socket.ts";
import type { Process } from "../sim/process.ts";

const O_RDONLY = 0;
const O_WRONLY = 1;
const O_RDWR = 2;

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
    if (!files.has(fd)) openStream(process, fd, flags, stream);
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

function openStream(process: Process, fd: number, flags: number, stream: StreamEnd): void {
  const files = filesOf(process);
  const { fs } = files;
  const inode = fs.newInode(fs.root.mount, S_IFIFO | 0o600, files, files.now());
  files.set(fd, new OpenFile(fs, inode, flags, { stream }));
}

/** Opens a descriptor whose output `write` takes. */
export function openOutput(process: Process, fd: number, write: (bytes: Uint8Array) => void): void {
  const stream: StreamEnd = {
    write(source) {
      write(source);
      return source.length;
    },
  };
  openStream(process, fd, O_WRONLY, stream);
}

/** Opens a descriptor whose input `read` gives. */
export function openInput(process: Process, fd: number, read: StandardEnds["read"]): void {
  openStream(process, fd, O_RDONLY, { read });
}

/** Opens a descriptor for a socket that the process was started with, for calls of `node:fs`. */
export function openSocketFile(process: Process, fd: number, socket: TcpSocket): void {
  openStream(process, fd, O_RDWR, {
    read(target) {
      const chunk = socket.read(target.length);
      if (typeof chunk === "number") return chunk === Errno.EAGAIN ? noInputYet() : 0;
      target.set(chunk);
      return chunk.length;
    },
    write(source) {
      // The socket keeps what it takes.
      const taken = socket.write(source.slice());
      if (taken < 0) return fail("EPIPE");
      return taken === 0 && source.length > 0 ? fail("EAGAIN") : taken;
    },
    close() {
      if (!socket.orphan) socket.close();
    },
  });
}

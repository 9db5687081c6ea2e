/**
 * Node's native `FileHandle`: the object behind `fs.promises.open`. Its `close` returns a promise,
 * and it can be read as a stream.
 */
import * as sim from "../../../sim/disk/index.ts";
import { kArrayBufferOffset, kReadBytesOrError, streamStateOf } from "../stream.ts";
import type { Calls } from "./calls.ts";

/** The error of a read from a closed stream: libuv's end of file. */
const UV_EOF = -4095;
const READ_BYTES = 65_536;

/** A native file handle of one process. */
export class FileHandle {
  readonly #calls: Calls;
  readonly #asyncId: number;
  #fd: number;
  #offset: number;
  #left: number;
  #reading = false;
  #inFlight = false;
  bytesRead = 0;
  bytesWritten = 0;
  declare onread: ((bytes: ArrayBuffer | undefined) => unknown) | undefined;

  constructor(calls: Calls, fd: number, offset = -1, length = -1) {
    this.#calls = calls;
    this.#fd = fd;
    this.#offset = offset;
    this.#left = length;
    this.#asyncId = calls.context.async.register(this, "FILEHANDLE");
  }

  get fd(): number {
    return this.#fd;
  }

  get isStreamBase(): boolean {
    return true;
  }

  getAsyncId(): number {
    return this.#asyncId;
  }

  getProviderType(): number {
    return 0;
  }

  close(): Promise<void> {
    const { files } = this.#calls;
    const fd = this.releaseFD();
    return this.#calls.promise({ syscall: "close" }, {}, () => files.close(fd));
  }

  closeSync(): void {
    const { files } = this.#calls;
    const fd = this.releaseFD();
    this.#calls.runSync({ syscall: "close" }, {}, () => files.close(fd));
  }

  /** Returns the descriptor, which the caller has to close from now on. */
  releaseFD(): number {
    const fd = this.#fd;
    this.#fd = -1;
    this.#reading = false;
    return fd;
  }

  readStart(): number {
    this.#reading = true;
    this.#readOn();
    return 0;
  }

  readStop(): number {
    this.#reading = false;
    return 0;
  }

  /** Closes the file for a stream that is cancelled. Returns 1 if it is closed already. */
  shutdown(request: { oncomplete?: (status: number) => void }): number {
    const { files } = this.#calls;
    const fd = this.releaseFD();
    if (fd < 0) return 1;
    this.#calls.later(
      { syscall: "close" },
      {},
      () => files.close(fd),
      (error) => {
        const { oncomplete } = request;
        const status = error === null ? 0 : ((error as { errno?: number }).errno ?? 0);
        if (oncomplete) this.#calls.context.async.makeCallback(request, oncomplete, [status]);
      },
    );
    return 0;
  }

  #readOn(): void {
    if (!this.#reading || this.#inFlight) return;
    const wanted = this.#left < 0 ? READ_BYTES : Math.min(READ_BYTES, this.#left);
    if (wanted === 0) {
      this.#tell(UV_EOF, undefined);
      return;
    }
    const { files } = this.#calls;
    const buffer = new Uint8Array(wanted);
    this.#inFlight = true;
    const read = (): number => sim.read(files.get(this.#fd), files, buffer, this.#offset);
    this.#calls.later({ syscall: "read" }, { bytes: wanted }, read, (error, count = 0) => {
      this.#inFlight = false;
      if (error !== null) {
        this.#tell((error as { errno?: number }).errno ?? UV_EOF, undefined);
        return;
      }
      if (this.#offset >= 0) this.#offset += count;
      if (this.#left >= 0) this.#left -= count;
      this.bytesRead += count;
      this.#tell(count === 0 ? UV_EOF : count, count === 0 ? undefined : buffer.slice(0, count));
      if (count > 0) this.#readOn();
    });
  }

  #tell(result: number, bytes: Uint8Array<ArrayBuffer> | undefined): void {
    if (result < 0) this.#reading = false;
    const state = streamStateOf(this.#calls.context);
    state[kReadBytesOrError] = result;
    state[kArrayBufferOffset] = 0;
    const { onread } = this;
    if (onread === undefined) return;
    this.#calls.context.async.makeCallback(this, onread as () => void, [bytes?.buffer]);
  }
}

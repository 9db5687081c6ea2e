/** The standard streams of a simulated process: output is captured, input is empty. */
import type { NodeProcess } from "./node-process.ts";

type Sink = (stream: "stdout" | "stderr", text: string) => void;

/** Defines `process.stdout`, `stderr` and `stdin`, each made when it is first used. */
export function createStdio(owner: NodeProcess, sink: Sink): void {
  const object = owner.realm.process;
  output(owner, object, "stdout", 1, sink);
  output(owner, object, "stderr", 2, sink);
  lazily(object, "stdin", () => {
    const { Readable } = owner.realm.require("stream");
    const stdin = new Readable({ read() {} });
    stdin.push(null);
    stdin.fd = 0;
    return stdin;
  });
}

function output(
  owner: NodeProcess,
  object: object,
  name: "stdout" | "stderr",
  fd: number,
  sink: Sink,
): void {
  lazily(object, name, () => {
    const { Writable } = owner.realm.require("stream");
    const stream = new Writable({
      decodeStrings: false,
      // Writes to files and pipes are synchronous in Node on POSIX.
      write(chunk: string | Uint8Array, encoding: BufferEncoding, done: () => void) {
        const text =
          typeof chunk === "string"
            ? encoding === "utf8" || !encoding
              ? chunk
              : Buffer.from(chunk, encoding).toString()
            : Buffer.from(chunk).toString();
        sink(name, text);
        done();
      },
    });
    stream.fd = fd;
    stream._type = "pipe";
    stream._isStdio = true;
    stream.destroySoon = stream.destroy;
    // Node's standard streams cannot be closed for good.
    stream._destroy = function destroy(error: unknown, done: (error: unknown) => void) {
      done(error);
    };
    return stream;
  });
}

function lazily(target: object, name: string, make: () => unknown): void {
  Object.defineProperty(target, name, {
    configurable: true,
    enumerable: true,
    get() {
      const value = make();
      Object.defineProperty(target, name, { value, configurable: true, enumerable: true });
      return value;
    },
  });
}

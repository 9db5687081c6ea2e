/**
 * `internalBinding('zlib')`: the real compressors, without the thread pool. An asynchronous write
 * does its work at once and completes after the virtual time that a machine would need for it.
 */
import { Kind } from "../../trace/kinds.ts";
import { realBinding } from "../lib/natives.ts";
import type { BindingContext } from "./context.ts";

type AnyFunction = (...args: unknown[]) => unknown;

interface RealStream {
  init(...args: unknown[]): unknown;
  writeSync(...args: unknown[]): unknown;
  close(): void;
  onerror: AnyFunction | undefined;
}

/** About 100 MB per second of whichever there is more of, input or output, and a round trip to a thread. */
const HOP_NS = 20_000;
const BYTE_NS = 10;

/** Creates the binding of one process. */
export function createZlibBinding(context: BindingContext): object {
  const real = realBinding("zlib") as Record<string, unknown>;
  const { process, loop } = context;

  function hosted(Base: new (mode: number) => RealStream): unknown {
    return class extends Base {
      #done: AnyFunction | undefined;
      /** After a write: how much room for output and how much input are left. */
      #left: ArrayLike<number> = [0, 0];
      #closed = false;

      constructor(mode: number) {
        super(mode);
        context.async.register(this, "ZLIB");
      }

      override init(...args: unknown[]): unknown {
        const at = args.findIndex((arg) => typeof arg === "function");
        this.#done = args[at] as AnyFunction | undefined;
        this.#left = (args[at - 1] as ArrayLike<number> | undefined) ?? [0, 0];
        return super.init(...args);
      }

      /** `write(flush, in, inOffset, inLength, out, outOffset, outLength)` */
      write(...args: unknown[]): void {
        const onerror = this.onerror;
        let failure: unknown[] | undefined;
        // The real stream reports an error at once. The program receives it on completion.
        this.onerror = (...error) => {
          failure = error;
        };
        super.writeSync(...args);
        this.onerror = onerror;
        loop.retain();
        process.schedule(
          HOP_NS + this.#workBytes(args, failure) * BYTE_NS,
          Kind.completion,
          () => this.#complete(failure),
          undefined,
        );
      }

      /** All input that is left is handed over each time: what counts is what was taken of it, or made from it. */
      #workBytes(args: unknown[], failure: unknown): number {
        const [input, room] = [Number(args[3] ?? 0), Number(args[6] ?? 0)];
        // A failed write leaves the state as it was.
        if (failure !== undefined) return input;
        const [roomLeft = 0, inputLeft = 0] = [this.#left[0], this.#left[1]];
        return Math.max(0, input - inputLeft, room - roomLeft);
      }

      #complete(failure: unknown[] | undefined): void {
        loop.release();
        const callback = failure ? this.onerror : this.#closed ? undefined : this.#done;
        if (callback) context.async.makeCallback(this, callback, failure ?? []);
      }

      override close(): void {
        this.#closed = true;
        super.close();
      }
    };
  }

  const binding: Record<string, unknown> = { ...real };
  for (const [name, value] of Object.entries(real)) {
    const prototype = (value as { prototype?: { writeSync?: unknown } }).prototype;
    if (typeof value === "function" && prototype && "writeSync" in prototype) {
      binding[name] = hosted(value as unknown as new (mode: number) => RealStream);
    }
  }
  return binding;
}

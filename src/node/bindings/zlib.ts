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

/** About 100 MB per second, and the cost of a round trip to a thread. */
const HOP_NS = 20_000;
const BYTE_NS = 10;

/** Creates the binding of one process. */
export function createZlibBinding(context: BindingContext): object {
  const real = realBinding("zlib") as Record<string, unknown>;
  const { process, loop } = context;

  function hosted(Base: new (mode: number) => RealStream): unknown {
    return class extends Base {
      #done: AnyFunction | undefined;
      #closed = false;

      constructor(mode: number) {
        super(mode);
        context.async.register(this, "ZLIB");
      }

      override init(...args: unknown[]): unknown {
        this.#done = args.find((arg) => typeof arg === "function") as AnyFunction | undefined;
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
        const delayNs = HOP_NS + Number(args[3] ?? 0) * BYTE_NS;
        process.schedule(delayNs, Kind.completion, () => this.#complete(failure), undefined);
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

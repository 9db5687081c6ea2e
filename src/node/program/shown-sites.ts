/**
 * Stack frames as passed to a program's own `Error.prepareStackTrace`: without the simulator's, and
 * with the original files and positions.
 */
import { mapStack, originalPlace } from "./source-maps.ts";
import { PROGRAM_PREFIX } from "./source/registry.ts";

const FORWARDED = [
  "getThis",
  "getTypeName",
  "getFunction",
  "getFunctionName",
  "getMethodName",
  "getEvalOrigin",
  "getPosition",
  "getPromiseIndex",
  "getScriptHash",
  "isAsync",
  "isConstructor",
  "isEval",
  "isNative",
  "isPromiseAll",
  "isToplevel",
] as const;

/** Returns frames of programs and of Node in the form that a program may see. */
export function shownSites(frames: readonly NodeJS.CallSite[]): NodeJS.CallSite[] {
  return frames.map(shownSite);
}

function shownSite(frame: NodeJS.CallSite): NodeJS.CallSite {
  const name = frame.getFileName();
  if (!name?.startsWith(PROGRAM_PREFIX)) return frame;
  return new CallSite(frame, name) as unknown as NodeJS.CallSite;
}

/** A frame of a program's file. */
class CallSite {
  readonly #frame: NodeJS.CallSite;
  readonly #name: string;

  constructor(frame: NodeJS.CallSite, name: string) {
    this.#frame = frame;
    this.#name = name;
  }

  static {
    for (const method of FORWARDED) {
      Object.defineProperty(this.prototype, method, {
        value: function (this: CallSite): unknown {
          const frame = this.#frame as unknown as Record<string, (() => unknown) | undefined>;
          return frame[method]?.();
        },
        writable: true,
        configurable: true,
      });
    }
  }

  getFileName(): string {
    return this.#name.slice(PROGRAM_PREFIX.length);
  }

  getScriptNameOrSourceURL(): string {
    return this.getFileName();
  }

  getLineNumber(): number {
    return this.#place().line;
  }

  getColumnNumber(): number {
    return this.#place().column;
  }

  getEnclosingLineNumber(): number {
    return this.getLineNumber();
  }

  getEnclosingColumnNumber(): number {
    return this.getColumnNumber();
  }

  #place(): { line: number; column: number } {
    const [line, column] = [this.#frame.getLineNumber() ?? 1, this.#frame.getColumnNumber() ?? 1];
    return originalPlace(this.#name, line, column) ?? { line, column };
  }

  toString(): string {
    return mapStack(String(this.#frame));
  }
}

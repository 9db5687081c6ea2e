/**
 * Finds callers from the stack: frames of the user's files and of Node, without Lightcone's own.
 */
import { fileURLToPath } from "node:url";
import { originalPlace } from "./source-maps.ts";
import { placedFile, PROGRAM_PREFIX } from "./source/registry.ts";

/** A frame of the stack, innermost first. Lines and columns count from 1. */
export interface Frame {
  readonly functionName: string;
  readonly file: string;
  readonly line: number;
  readonly column: number;
}

const ourUrl = new URL("../..", import.meta.url).href;
const ourFolder = fileURLToPath(ourUrl);

/** Returns whether a frame belongs to Lightcone's own code, which programs must not see. */
export function isOurFrame(frame: NodeJS.CallSite): boolean {
  return isOurFile(frame.getFileName());
}

/** Returns whether a file, by the name that a frame gives, is Lightcone's own code. */
export function isOurFile(file: string | null | undefined): boolean {
  return file?.startsWith(ourUrl) === true || file?.startsWith(ourFolder) === true;
}

/** Returns the innermost frames of a program or of Node, at most `count` of them. */
export function callSites(count: number): Frame[] {
  const { prepareStackTrace, stackTraceLimit } = Error;
  const found: Frame[] = [];
  try {
    Error.stackTraceLimit = count + 20;
    Error.prepareStackTrace = (_error, frames) => {
      for (const frame of frames) {
        if (found.length === count) break;
        const shown = frameOf(frame);
        if (shown !== undefined) found.push(shown);
      }
      return "";
    };
    void new Error("looks for its caller").stack;
  } finally {
    Error.prepareStackTrace = prepareStackTrace;
    Error.stackTraceLimit = stackTraceLimit;
  }
  return found;
}

/** A frame with its place in the user's file; `undefined` for one of ours, or without a file. */
export function frameOf(frame: NodeJS.CallSite): Frame | undefined {
  const name = frame.getFileName();
  if (!name || isOurFrame(frame)) return undefined;
  const [line, column] = [frame.getLineNumber() ?? 1, frame.getColumnNumber() ?? 1];
  const functionName = frame.getFunctionName() ?? "";
  const place = originalPlace(name, line, column);
  if (place === undefined) return { functionName, file: name, line, column };
  return { functionName, ...place, file: name.slice(PROGRAM_PREFIX.length) };
}

/** Where an error was made, and the text of that line. Lines count from 1, columns from 0. */
interface SourcePositions {
  readonly sourceLine: string;
  readonly scriptResourceName: string;
  readonly lineNumber: number;
  readonly startColumn: number;
}

/**
 * Returns the place of the first frame of an error, or of an object with a stack. Its stack must
 * not have been read before.
 */
export function sourcePositions(holder: { readonly stack?: unknown }): SourcePositions {
  const { prepareStackTrace } = Error;
  let found: NodeJS.CallSite | undefined;
  try {
    // During a run, a function that is put here gets frames of programs and of Node only.
    Error.prepareStackTrace = (_error, frames) => {
      found = frames[0];
      return "";
    };
    void holder.stack;
  } finally {
    Error.prepareStackTrace = prepareStackTrace;
  }
  const scriptResourceName = found?.getFileName() ?? "";
  const lineNumber = found?.getLineNumber() ?? 1;
  const lines = placedFile(scriptResourceName)?.original.split("\n") ?? [];
  const startColumn = (found?.getColumnNumber() ?? 1) - 1;
  return { sourceLine: lines[lineNumber - 1] ?? "", scriptResourceName, lineNumber, startColumn };
}

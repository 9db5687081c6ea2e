/**
 * Finds callers from the stack: frames of the user's files and of Node, without Lightcone's own.
 */
import { fileURLToPath } from "node:url";
import { originalPlace } from "./source-maps.ts";
import { PROGRAM_PREFIX } from "./source/registry.ts";

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
  const file = frame.getFileName();
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

function frameOf(frame: NodeJS.CallSite): Frame | undefined {
  const name = frame.getFileName();
  if (!name || isOurFrame(frame)) return undefined;
  const [line, column] = [frame.getLineNumber() ?? 1, frame.getColumnNumber() ?? 1];
  const functionName = frame.getFunctionName() ?? "";
  const place = originalPlace(name, line, column);
  if (place === undefined) return { functionName, file: name, line, column };
  return { functionName, ...place, file: name.slice(PROGRAM_PREFIX.length) };
}

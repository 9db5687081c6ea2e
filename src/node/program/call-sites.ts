/** Who calls, by the stack: the user's files for what a bundle joined, and nothing of ours. */
import { fileURLToPath } from "node:url";
import { originalPlace } from "./source-maps.ts";

/** A frame of the stack, innermost first. Lines and columns count from 1. */
export interface Frame {
  readonly functionName: string;
  readonly file: string;
  readonly line: number;
  readonly column: number;
}

const ourUrl = new URL("../..", import.meta.url).href;
const ourFolder = fileURLToPath(ourUrl);

/** The innermost frames that are a program's or Node's, `count` of them at most. */
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
  if (!name || name.startsWith(ourUrl) || name.startsWith(ourFolder)) return undefined;
  const [line, column] = [frame.getLineNumber() ?? 1, frame.getColumnNumber() ?? 1];
  const functionName = frame.getFunctionName() ?? "";
  if (!name.startsWith("lightcone-program:")) return { functionName, file: name, line, column };
  const place = originalPlace(name, line, column);
  if (place === undefined || place.file.includes("lightcone:start")) return undefined;
  return { functionName, ...place };
}

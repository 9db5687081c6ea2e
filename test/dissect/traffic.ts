/** The conversations of a package's program (examples/packages) on simulated hosts: bytes that real clients make. */
import { fileURLToPath } from "node:url";
import { type Conversation, TraceDissector } from "../../src/dissect/index.ts";
import { type Trace, TraceRecorder } from "../../src/trace/index.ts";
import { goodWire, simulated } from "../packages/arms.ts";

/** Runs the program `name` and returns its trace. */
export async function traceOf(name: string, folder = "packages"): Promise<Trace> {
  const entry = new URL(`../../examples/${folder}/programs/${name}.mjs`, import.meta.url);
  const recorder = new TraceRecorder();
  await simulated(fileURLToPath(entry), goodWire, 1, recorder);
  return recorder.finish(["", "server", "client"]);
}

/** The conversations of a trace that have messages. */
export function conversationsOf(trace: Trace): Conversation[] {
  return new TraceDissector(trace).conversations().filter(({ messages }) => messages.length > 0);
}

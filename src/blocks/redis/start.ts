/**
 * Starts a Redis server as its program's arguments say: in a world (`main.ts`) and for `lightcone serve` alike, so
 * that both run the same thing.
 */
import type { StartedBlock } from "../block.ts";
import { Server } from "./server.ts";

/** Loads what is on the disk and listens. Throws an `Error` that says what is wrong with a setting or a file. */
export async function start(argv: readonly string[]): Promise<StartedBlock> {
  const settings: Record<string, string> = {};
  for (let at = 0; at + 1 < argv.length; at += 2) {
    settings[(argv[at] as string).replace(/^--/, "")] = argv[at + 1] as string;
  }
  const { host, ...config } = settings;
  const server = refusalsAsErrors(() => new Server(config));
  refusalsAsErrors(() => server.start());
  const port = await server.listen(Number(config["port"] ?? 6_379), host);
  return { port, end: () => server.terminate() };
}

/** Settings are refused with the text of a reply, which is no `Error`. */
function refusalsAsErrors<T>(work: () => T): T {
  try {
    return work();
  } catch (error) {
    const { text } = error as { text?: string };
    if (text === undefined) throw error;
    throw new Error(text.replace(/^ERR /, ""), { cause: error });
  }
}

/**
 * Starts a Redis server from its program arguments. Worlds (`main.ts`) and `lightcone serve` both
 * use it, so that both run the same server.
 */
import type { StartedBlock } from "../block.ts";
import { Server } from "./server.ts";

/**
 * Loads the data on disk and listens. `buggify`: whether to take a rare path (see `faults.ts`). Throws an `Error` that describes the problem with a setting
 * or a file.
 */
export async function start(
  argv: readonly string[],
  buggify: (path: string) => boolean = () => false,
): Promise<StartedBlock> {
  const settings: Record<string, string> = {};
  for (let at = 0; at + 1 < argv.length; at += 2) {
    settings[(argv[at] as string).replace(/^--/, "")] = argv[at + 1] as string;
  }
  const { host, ...config } = settings;
  const server = refusalsAsErrors(() => new Server(config));
  server.rare = buggify;
  refusalsAsErrors(() => server.start());
  const port = await server.listen(Number(config["port"] ?? 6_379), host);
  return { port, end: () => server.terminate() };
}

/** Settings are refused with an error reply, which is not an `Error`. This converts it to one. */
function refusalsAsErrors<T>(work: () => T): T {
  try {
    return work();
  } catch (error) {
    const { text } = error as { text?: string };
    if (text === undefined) throw error;
    throw new Error(text.replace(/^ERR /, ""), { cause: error });
  }
}

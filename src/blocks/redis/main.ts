/** The Redis block as a program: `main --port 6379 --requirepass secret`, as a host of a world runs it. */
import { buggify } from "lightcone/probe";
import { start } from "./start.ts";

try {
  const server = await start(process.argv.slice(2), buggify);
  process.on("SIGTERM", () => server.end());
} catch (error) {
  console.error(`redis: ${(error as Error).message}`);
  process.exit(1);
}

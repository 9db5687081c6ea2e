/** The NTP block as a program: `main --port 123 --reference GPS`, as a host of a world runs it. */
import { start } from "./start.ts";

try {
  const server = await start(process.argv.slice(2));
  process.on("SIGTERM", () => server.end());
} catch (error) {
  console.error(`ntp: ${(error as Error).message}`);
  process.exit(1);
}

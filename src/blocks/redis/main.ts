/** The Redis block as a program: `main --port 6379 --requirepass secret`, as a host of a world runs it. */
import { Server } from "./server.ts";

const settings: Record<string, string> = {};
const argv = process.argv.slice(2);
for (let at = 0; at + 1 < argv.length; at += 2) {
  settings[(argv[at] as string).replace(/^--/, "")] = argv[at + 1] as string;
}
const { host, ...config } = settings;
try {
  const server = new Server(config);
  server.start();
  process.on("SIGTERM", () => server.terminate());
  await server.listen(Number(config["port"] ?? 6_379), host);
} catch (error) {
  // Settings are refused with a reply's text, files and ports with an error.
  const { text, message } = error as { text?: string; message?: string };
  console.error(`redis: ${text?.replace(/^ERR /, "") ?? message}`);
  process.exit(1);
}

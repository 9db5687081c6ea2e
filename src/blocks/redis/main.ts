/** The Redis block as a program: `main --port 6379 --requirepass secret`, as a host of a world runs it. */
import { Server } from "./server.ts";

const settings: Record<string, string> = {};
const argv = process.argv.slice(2);
for (let at = 0; at + 1 < argv.length; at += 2) {
  settings[(argv[at] as string).replace(/^--/, "")] = argv[at + 1] as string;
}
const { host, ...config } = settings;
const server = new Server(config);
server.listen(Number(config["port"] ?? 6_379), host).catch((error: Error) => {
  console.error(`redis: ${error.message}`);
  process.exit(1);
});

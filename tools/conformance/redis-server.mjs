/**
 * Stands in for `src/redis-server` when Redis's test suite starts servers itself: `redis-server.mjs BLOCK
 * CONFIG [--name value ...]`. Reads the settings of the file and starts our block with them.
 */
import { readFileSync } from "node:fs";
import { resolve } from "node:path";
import { pathToFileURL } from "node:url";

const [block, file, ...flags] = process.argv.slice(2);
const settings = new Map();
for (const line of readFileSync(file, "utf8").split("\n")) {
  const [name, ...values] = line.trim().split(/ +/);
  if (!name || name.startsWith("#")) continue;
  const value = values.join(" ").replace(/^(['"])(.*)\1$/, "$2");
  // Save points may stand on several lines.
  settings.set(
    name,
    name === "save" && settings.get(name) ? `${settings.get(name)} ${value}` : value,
  );
}
for (let at = 0; at + 1 < flags.length; at += 2) settings.set(flags[at].slice(2), flags[at + 1]);
// What does not concern a single server without modules is not known to the block.
for (const name of ["logfile", "pidfile", "unixsocket", "slaveof", "replicaof", "user"]) {
  settings.delete(name);
}
settings.set("dir", resolve(settings.get("dir") ?? "."));
process.chdir(settings.get("dir"));
const host = settings.get("bind")?.split(" ")[0];
settings.delete("bind");
const argv = [...settings].flatMap(([name, value]) => [`--${name}`, value]);
if (host && host !== "*") argv.push("--host", host);
process.argv = [process.argv[0], block, ...argv];
await import(pathToFileURL(block).href);
// The suite reads the log for this, and for the reasons why a server did not start.
console.log(`${process.pid}:M # Server initialized, PID: ${process.pid}`);
console.log("* Ready to accept connections");

/** winston: formats, levels, a file transport that rotates by size, querying nothing lost. */
import { mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import winston from "winston";
import { ready, roles, say, until } from "./roles.mjs";

await roles({
  server: () => {
    setInterval(() => {}, 1e6);
    ready();
  },
  async client() {
    const folder = mkdtempSync(join(tmpdir(), "winston-"));
    const file = new winston.transports.File({
      dirname: folder,
      filename: "app.log",
      level: "info",
    });
    const logger = winston.createLogger({
      level: "debug",
      format: winston.format.combine(
        winston.format.label({ label: "test" }),
        winston.format.json(),
      ),
      transports: [file],
    });
    logger.info("hello", { a: 1 });
    logger.debug("not in the file");
    logger.warn("with %s", "splat");
    for (let i = 0; i < 50; i++) logger.info(`line ${i}`);
    await new Promise((resolve) => {
      file.on("finish", resolve);
      logger.end();
    });
    // The stream has all of it now, and writes it in the background.
    await until(() => readFileSync(join(folder, "app.log"), "utf8").includes("line 49"));
    say("files", readdirSync(folder));
    const lines = readFileSync(join(folder, "app.log"), "utf8")
      .trim()
      .split("\n")
      .map((l) => JSON.parse(l));
    say("first", lines[0]);
    say("count", lines.length, lines.at(-1).message);
    rmSync(folder, { recursive: true });
  },
});

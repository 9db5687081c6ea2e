/** `lightcone demo`: a first finding, in a world that comes with the package and needs nothing else. */
import { copyFileSync, existsSync, readdirSync, statSync } from "node:fs";
import { join, resolve } from "node:path";
import { pathToFileURL } from "node:url";
import { explainSystemError } from "../../base/errors.ts";
import { REPLAY_DIRECTORY } from "../../explore/index.ts";
import { styleFor } from "../../report/index.ts";
import { type Command, parseOptions } from "../command.ts";
import { mayOpen, openInBrowser } from "../open.ts";
import { usage } from "../session.ts";
import { command as explore } from "./explore.ts";

const options = { "no-open": { type: "boolean" } } as const;

const WORLD = "demo.world.ts";
/** It takes a few runs from here, so that there is something to see of the search, and ends with one fault. */
const SEED = "0x13";
/** Far more than it takes, as a busy machine is many times slower; shrinking ends earlier with what it has. */
const LIMITS = ["--for", "90s", "--shrink-for", "3s"];

export const command: Command = {
  summary: "find a first bug, in a world that comes with Lightcone",
  usage: `
lightcone demo [--no-open]

Writes ${WORLD}, unless it is there: a Redis server, three workers, and the lock that they share. Breaks them until
the lock is held by two, shrinks the faults to those that do it, and opens the page that shows how it came about.

  --no-open     only name the page

Exit code: 0 found, as expected; 1 not found, 2 could not run.
`,
  async run(args) {
    const { values, positionals } = parseOptions("demo", args, options);
    if (positionals.length > 0) throw usage("demo", `it takes no ${positionals.join(", ")}`);
    const isNew = !existsSync(WORLD);
    if (isNew) copyWorld();
    process.stdout.write(`\
A Redis server and three workers that share a lock, each on a simulated machine of its own. The lock is
the usual one: SET with NX and PX to take it, DEL to give it back. Workers pause, crash and lose power. Is
the lock ever held by two? ${isNew ? "The world is now in" : "The world is in"} ${WORLD}.

$ npx lightcone explore ${WORLD} --seed ${SEED}

`);
    const started = Date.now();
    const code = await explore.run([WORLD, "--seed", SEED, ...LIMITS]);
    if (code !== 1) {
      if (code === 0) process.stdout.write("\nNothing was found this time.\n");
      return code === 0 ? 1 : code;
    }
    const page = pageSince(started);
    const style = styleFor(process.stdout);
    if (page !== undefined) {
      process.stdout.write(`\
\n${style.bold("See how it came about:")} ${style.cyan(pathToFileURL(resolve(page)).href)}
Or here: npx lightcone replay ${page.replace(/\.html$/, ".json")} --timeline
`);
      if (values["no-open"] !== true && mayOpen()) openInBrowser(resolve(page));
    }
    return 0;
  },
};

/** The world lies beside the built commands, or among the examples of the sources. */
function copyWorld(): void {
  const places = ["../demo.world.ts", "../../../examples/demo/demo.world.ts"];
  const found = places
    .map((place) => new URL(place, import.meta.url))
    .find((url) => existsSync(url));
  try {
    copyFileSync(found ?? new URL(places[0] as string, import.meta.url), WORLD);
  } catch (error) {
    throw explainSystemError(error);
  }
}

/** The newest page that was written since a moment. */
function pageSince(sinceMs: number): string | undefined {
  if (!existsSync(REPLAY_DIRECTORY)) return undefined;
  return readdirSync(REPLAY_DIRECTORY)
    .filter((name) => name.startsWith("demo-") && name.endsWith(".html"))
    .map((name) => join(REPLAY_DIRECTORY, name))
    .map((path) => ({ path, writtenMs: statSync(path).mtimeMs }))
    .filter(({ writtenMs }) => writtenMs >= sinceMs - 1_000)
    .sort((a, b) => b.writtenMs - a.writtenMs)[0]?.path;
}

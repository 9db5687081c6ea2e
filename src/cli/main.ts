#!/usr/bin/env node
/** The entry point: `lightcone COMMAND`. Finds the command, runs it, and converts errors to one message. */
import { LightconeError } from "../base/errors.ts";
import { packageVersion } from "../explore/version.ts";
import { type Command, type ExitCode, reportError } from "./command.ts";

/** Each command is loaded on demand, so that `lightcone --help` is fast. */
const commands: Record<string, { summary: string; load: () => Promise<{ command: Command }> }> = {
  run: {
    summary: "run a world once, with one seed",
    load: () => import("./commands/run.ts"),
  },
  explore: {
    summary: "search many seeds for a violation, and shrink it",
    load: () => import("./commands/explore.ts"),
  },
  replay: {
    summary: "run a violation again, from its file",
    load: () => import("./commands/replay.ts"),
  },
  findings: {
    summary: "list what campaigns found, and whether it is still there",
    load: () => import("./commands/findings.ts"),
  },
  cause: {
    summary: "say when a violation became inevitable, from its file",
    load: () => import("./commands/cause.ts"),
  },
  view: {
    summary: "show a stored trace in a browser",
    load: () => import("./commands/view.ts"),
  },
  export: {
    summary: "write a trace in the format of another tool",
    load: () => import("./commands/export.ts"),
  },
  demo: {
    summary: "find a first bug, in a world that comes with Lightcone",
    load: () => import("./commands/demo.ts"),
  },
  init: {
    summary: "write a first world file to start from",
    load: () => import("./commands/init.ts"),
  },
  check: {
    summary: "judge a recorded history (Jepsen, Porcupine, Elle, CSV)",
    load: () => import("./commands/check.ts"),
  },
  serve: {
    summary: "run a building block on a real socket",
    load: () => import("./commands/serve.ts"),
  },
  chaos: {
    summary: "put a proxy that breaks connections in front of a real server",
    load: () => import("./commands/chaos.ts"),
  },
};

function help(): string {
  const rows = Object.entries(commands).map(
    ([name, { summary }]) => `  ${name.padEnd(9)}${summary}`,
  );
  return [
    "lightcone: a distributed system in one process, broken deterministically from a seed",
    "",
    ...rows,
    "",
    "lightcone COMMAND --help tells more. Exit code: 0 held, 1 violated, 2 could not run.",
  ].join("\n");
}

async function main(argv: readonly string[]): Promise<ExitCode> {
  const [name, ...args] = argv;
  if (name === undefined || name === "--help" || name === "-h" || name === "help") {
    console.log(help());
    return name === undefined ? 2 : 0;
  }
  if (name === "--version" || name === "-v") {
    console.log(`lightcone ${packageVersion()} on Node ${process.version}`);
    return 0;
  }
  const entry = Object.hasOwn(commands, name) ? commands[name] : undefined;
  if (!entry) {
    throw new LightconeError(
      "LC_USAGE",
      `no command ${JSON.stringify(name)}`,
      "See `lightcone --help`.",
    );
  }
  const { command } = await entry.load();
  if (args.includes("--help") || args.includes("-h")) {
    console.log(command.usage.trim());
    return 0;
  }
  return command.run(args);
}

// The reader of our output may close it early (`| head`). That is not an error. Long-running commands end
// as on Ctrl-C; others finish with their normal exit code.
let left = false;
for (const stream of [process.stdout, process.stderr]) {
  stream.on("error", (error: NodeJS.ErrnoException) => {
    if (error.code !== "EPIPE") throw error;
    if (left) return;
    left = true;
    process.emit("SIGINT");
  });
}

const args = process.argv.slice(2);
try {
  process.exitCode = await main(args);
} catch (error) {
  reportError(error, args.includes("--json"));
  process.exitCode = 2;
}

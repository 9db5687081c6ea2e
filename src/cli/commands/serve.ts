/** `lightcone serve BLOCK`: serves a building block on a real socket, with the same code as in a world. */
import { LightconeError } from "../../base/errors.ts";
import type { Block, StartedBlock } from "../../blocks/block.ts";
import { ntp, redis } from "../../blocks/index.ts";
import { type Command, parseOptions } from "../command.ts";

interface ServeOptions {
  readonly port: number | undefined;
  readonly host: string;
  readonly password: string | undefined;
  /** Other settings, by the block's own names. */
  readonly config: Readonly<Record<string, string>>;
}

/** A block that can be served: its description for a world, and the module that starts its program. */
interface Servable {
  readonly usualPort: number;
  readonly describe: (options: ServeOptions) => Block;
  readonly load: () => Promise<{ start(argv: readonly string[]): Promise<StartedBlock> }>;
}

const blocks: Readonly<Record<string, Servable>> = {
  redis: {
    usualPort: 6_379,
    describe: ({ port, host, password, config }) =>
      redis({
        host,
        config,
        ...(port === undefined ? {} : { port }),
        ...(password === undefined ? {} : { password }),
      }),
    load: () => import("../../blocks/redis/start.ts"),
  },
  ntp: {
    usualPort: 123,
    describe: ({ port, host, password, config }) => {
      const { stratum, errorMs, ...rest } = config;
      return ntp({
        host,
        ...rest,
        ...(port === undefined ? {} : { port }),
        ...(stratum === undefined ? {} : { stratum: Number(stratum) }),
        ...(errorMs === undefined ? {} : { errorMs: Number(errorMs) }),
        // Refused by name: this server has none.
        ...(password === undefined ? {} : { password }),
      });
    },
    load: () => import("../../blocks/ntp/start.ts"),
  },
};

/** The settings given by `--set NAME=VALUE`. */
function parseSettings(given: readonly string[]): Record<string, string> {
  const settings: Record<string, string> = {};
  for (const text of given) {
    const at = text.indexOf("=");
    if (at <= 0) {
      throw new LightconeError(
        "LC_USAGE",
        `--set: ${JSON.stringify(text)} is not NAME=VALUE`,
        "For example: --set appendonly=yes",
      );
    }
    settings[text.slice(0, at)] = text.slice(at + 1);
  }
  return settings;
}

function parsePort(text: string | undefined): number | undefined {
  if (text === undefined) return undefined;
  const port = Number(text);
  if (/^[0-9]+$/.test(text) && port <= 65_535) return port;
  throw new LightconeError(
    "LC_BAD_PORT",
    `--port: ${JSON.stringify(text)} is not a port`,
    "A port is a number from 0 to 65535; 0 takes any that is free.",
  );
}

/** Describes why a socket could not be opened. */
function explain(error: NodeJS.ErrnoException, host: string, port: number | undefined): Error {
  const where = `${host}:${port ?? "its usual port"}`;
  switch (error.code) {
    case "EADDRINUSE":
      return new LightconeError(
        "LC_PORT_IN_USE",
        `port ${port ?? ""} is in use on ${host}`.replace("  ", " "),
        "Choose another with --port, or --port 0 for any that is free.",
      );
    case "EACCES":
      return new LightconeError("LC_PORT_DENIED", `not allowed to listen on ${where}`);
    case "EADDRNOTAVAIL":
    case "ENOTFOUND":
    case "EAI_AGAIN":
      return new LightconeError(
        "LC_BAD_HOST",
        `--host: ${JSON.stringify(host)} is no address of this machine`,
      );
    default:
      return new LightconeError("LC_CANNOT_SERVE", error.message);
  }
}

async function run(args: readonly string[]): Promise<number> {
  const { values, positionals } = parseOptions("serve", args, {
    port: { type: "string", short: "p" },
    host: { type: "string" },
    password: { type: "string" },
    set: { type: "string", multiple: true },
  });
  const [name, ...rest] = positionals;
  const known = Object.keys(blocks).join(", ");
  if (name === undefined) {
    throw new LightconeError("LC_USAGE", "serve: which block?", `There are: ${known}.`);
  }
  if (rest.length > 0) {
    throw new LightconeError("LC_USAGE", `serve: one block at a time, not also ${rest.join(" ")}`);
  }
  const servable = Object.hasOwn(blocks, name) ? blocks[name] : undefined;
  if (!servable) {
    throw new LightconeError(
      "LC_NO_BLOCK",
      `no block ${JSON.stringify(name)}`,
      `There are: ${known}.`,
    );
  }
  const host = (values.host as string | undefined) ?? "127.0.0.1";
  const port = parsePort(values.port as string | undefined);
  const password = values.password as string | undefined;
  const config = parseSettings((values.set as string[] | undefined) ?? []);
  const { argv } = servable.describe({ port, host, password, config });
  const { start } = await servable.load();
  const served = await start(argv).catch((error: NodeJS.ErrnoException) => {
    throw explain(error, host, port ?? servable.usualPort);
  });
  console.log(`${name} listens on ${host}:${served.port} (Ctrl-C ends it)`);
  // The server ends the process, on a signal or on a client's request. Like Redis, a server that cannot
  // save its data keeps running until it is asked a second time.
  for (const signal of ["SIGINT", "SIGTERM"] as const) {
    process.once(signal, () => {
      process.once(signal, () => process.exit(1));
      served.end();
    });
  }
  return new Promise<number>(() => {});
}

export const command: Command = {
  summary: "run a building block on a real socket",
  usage: `
lightcone serve BLOCK [--port N] [--host ADDRESS] [--password TEXT] [--set NAME=VALUE ...]

Runs a building block on a real socket, until Ctrl-C. It is the same code that a world runs, so
whatever works against it works in a world. Blocks: ${Object.keys(blocks).join(", ")}.

  --port N          the port to listen on (redis: 6379, ntp: UDP 123); 0 takes any that is free
  --host ADDRESS    the address to listen on (127.0.0.1)
  --password TEXT   what clients must AUTH with
  --set NAME=VALUE  any other setting, by its name in redis.conf, or of the options of ntp(); may be given several times

redis loads dump.rdb from the working directory (--set dir=FOLDER) if it is there. As in a world, it saves
when a client asks for it (SAVE, BGSAVE); with --set save="60 1" also by itself and at the end, and with
--set appendonly=yes it keeps every command.
`,
  run,
};

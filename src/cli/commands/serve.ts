/** `lightcone serve BLOCK`: runs a building block on a real socket, the same code as in a world. */
import { LightconeError } from "../../base/errors.ts";
import { type Command, parseOptions } from "../command.ts";

/** A block that can be served: starts it, and gives its port and a way to stop. */
interface Served {
  readonly port: number;
  close(): Promise<void>;
}

interface ServeOptions {
  readonly port: number | undefined;
  readonly host: string;
  readonly password: string | undefined;
}

const blocks: Readonly<Record<string, (options: ServeOptions) => Promise<Served>>> = {
  redis: serveRedis,
};

async function serveRedis({ port = 6_379, host, password }: ServeOptions): Promise<Served> {
  const { Server } = await import("../../blocks/redis/server.ts");
  const server = new Server({
    port: String(port),
    ...(password === undefined ? {} : { requirepass: password }),
  });
  const bound = await server.listen(port, host);
  return { port: bound, close: () => server.close() };
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

/** Why a socket could not be opened, in words. */
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
      return error;
  }
}

async function run(args: readonly string[]): Promise<number> {
  const { values, positionals } = parseOptions("serve", args, {
    port: { type: "string", short: "p" },
    host: { type: "string" },
    password: { type: "string" },
  });
  const [name, ...rest] = positionals;
  const known = Object.keys(blocks).join(", ");
  if (name === undefined) {
    throw new LightconeError("LC_USAGE", "serve: which block?", `There are: ${known}.`);
  }
  if (rest.length > 0) {
    throw new LightconeError("LC_USAGE", `serve: one block at a time, not also ${rest.join(" ")}`);
  }
  const serve = Object.hasOwn(blocks, name) ? blocks[name] : undefined;
  if (!serve) {
    throw new LightconeError(
      "LC_NO_BLOCK",
      `no block ${JSON.stringify(name)}`,
      `There are: ${known}.`,
    );
  }
  const host = (values.host as string | undefined) ?? "127.0.0.1";
  const port = parsePort(values.port as string | undefined);
  const password = values.password as string | undefined;
  const served = await serve({ port, host, password }).catch((error: NodeJS.ErrnoException) => {
    throw explain(error, host, port ?? 6_379);
  });
  console.log(`${name} listens on ${host}:${served.port} (Ctrl-C ends it)`);
  await new Promise<void>((resolve) => {
    process.once("SIGINT", resolve);
    process.once("SIGTERM", resolve);
  });
  await served.close();
  return 0;
}

export const command: Command = {
  summary: "run a building block on a real socket",
  usage: `
lightcone serve BLOCK [--port N] [--host ADDRESS] [--password TEXT]

Runs a building block on a real socket, until Ctrl-C. It is the same code that a world runs, so
whatever works against it works in a world. Blocks: ${Object.keys(blocks).join(", ")}.

  --port N          the port to listen on (redis: 6379); 0 takes any that is free
  --host ADDRESS    the address to listen on (127.0.0.1)
  --password TEXT   what clients must AUTH with
`,
  run,
};

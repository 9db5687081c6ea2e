/** `lightcone chaos`: a TCP proxy in front of a real server that breaks its connections as it is told. */
import { randomInt } from "node:crypto";
import { LightconeError, messageOf } from "../../base/errors.ts";
import { type Address, formatAddress, parseAddress } from "../../chaos/address.ts";
import { type ServedApi, serveApi } from "../../chaos/api.ts";
import { ApiError } from "../../chaos/api-error.ts";
import { addToxic, ProxyCollection } from "../../chaos/collection.ts";
import { parseFault } from "../../chaos/fault-text.ts";
import type { ChaosProxy } from "../../chaos/proxy.ts";
import { toxicKinds } from "../../chaos/registry.ts";
import { LiveView } from "../../chaos/live-view.ts";
import { type Command, parseOptions } from "../command.ts";

/** Where toxiproxy's clients look for its API. */
const USUAL_API: Address = { host: "127.0.0.1", port: 8_474 };

const LOCAL = "127.0.0.1";

function readAddress(option: string, text: string): Address {
  const address = parseAddress(text, LOCAL);
  if (address !== undefined) return address;
  throw new LightconeError(
    "LC_BAD_ADDRESS",
    `--${option}: ${JSON.stringify(text)} is not an address`,
    "Write HOST:PORT, [IPV6]:PORT, or a port alone for this machine.",
  );
}

function readSeed(text: string | undefined): number {
  if (text === undefined) return randomInt(2 ** 32);
  const seed = /^(0x[0-9a-f]+|[0-9]+)$/i.test(text) ? Number(text) : NaN;
  if (Number.isSafeInteger(seed)) return seed;
  throw new LightconeError("LC_USAGE", `--seed: ${JSON.stringify(text)} is not a seed`);
}

function cannotListen(option: string, address: Address, error: unknown): LightconeError {
  const { code } = error as NodeJS.ErrnoException;
  const where = formatAddress(address);
  if (code === "EADDRINUSE") {
    return new LightconeError("LC_PORT_IN_USE", `--${option}: ${where} is in use`);
  }
  if (code === "EACCES") {
    return new LightconeError("LC_PORT_DENIED", `--${option}: not allowed to listen on ${where}`);
  }
  return new LightconeError(
    "LC_BAD_HOST",
    `--${option}: cannot listen on ${where}: ${messageOf(error)}`,
  );
}

/** Serves the API. The usual port may be taken by another chaos proxy: then this one goes without. */
async function startApi(
  proxies: ProxyCollection,
  text: string | undefined,
): Promise<ServedApi | undefined> {
  if (text === "off") return undefined;
  const address = text === undefined ? USUAL_API : readAddress("api", text);
  try {
    return await serveApi(proxies, address);
  } catch (error) {
    if (text === undefined && (error as NodeJS.ErrnoException).code === "EADDRINUSE")
      return undefined;
    throw cannotListen("api", address, error);
  }
}

async function startProxy(
  proxies: ProxyCollection,
  name: string,
  listen: Address,
  upstream: Address,
): Promise<ChaosProxy> {
  return proxies.add({ name, listen, upstream, enabled: true }).catch((error: unknown) => {
    throw cannotListen("listen", listen, error);
  });
}

async function run(args: readonly string[]): Promise<number> {
  const { values, positionals } = parseOptions("chaos", args, {
    listen: { type: "string", short: "l" },
    to: { type: "string", short: "t" },
    name: { type: "string" },
    fault: { type: "string", short: "f", multiple: true },
    api: { type: "string" },
    seed: { type: "string" },
    plain: { type: "boolean" },
    quiet: { type: "boolean", short: "q" },
  });
  if (positionals.length > 0) {
    throw new LightconeError(
      "LC_USAGE",
      `chaos: what is ${JSON.stringify(positionals[0])}?`,
      "See `lightcone chaos --help`.",
    );
  }
  const {
    listen: listenText,
    to,
    api: apiText,
    seed: seedText,
  } = values as Record<string, string | undefined>;
  const faults = ((values.fault as string[] | undefined) ?? []).map(parseFault);
  if ((listenText === undefined) !== (to === undefined)) {
    const missing = to === undefined ? "--to" : "--listen";
    throw new LightconeError(
      "LC_USAGE",
      `chaos: ${missing} is missing`,
      "For example: lightcone chaos --listen 6380 --to 127.0.0.1:6379",
    );
  }
  if (to === undefined && (faults.length > 0 || apiText === "off")) {
    throw new LightconeError(
      "LC_USAGE",
      "chaos: --listen and --to are missing",
      "For example: lightcone chaos --listen 6380 --to 127.0.0.1:6379",
    );
  }
  const listen = listenText === undefined ? undefined : readAddress("listen", listenText);
  const upstream = to === undefined ? undefined : readAddress("to", to);
  const seed = readSeed(seedText);

  const view = new LiveView(process.stdout, {
    live: process.stdout.isTTY && values.plain !== true && values.quiet !== true,
    quiet: values.quiet === true,
  });
  const proxies = new ProxyCollection(seed, (event) => view.add(event));
  view.proxies = () => proxies.all();
  let api: ServedApi | undefined;
  try {
    if (listen !== undefined && upstream !== undefined) {
      const proxy = await startProxy(proxies, values.name ?? "default", listen, upstream);
      for (const fault of faults) addFault(proxy, fault);
    }
    api = await startApi(proxies, apiText);
    if (api === undefined && proxies.all().length === 0) {
      throw cannotListen("api", USUAL_API, { code: "EADDRINUSE" });
    }
  } catch (error) {
    await proxies.stop();
    throw error;
  }
  const withoutApi =
    apiText === "off" ? "off" : `off: ${formatAddress(USUAL_API)} is in use (--api PORT)`;
  const asked = new Promise<void>((resolve) => {
    for (const signal of ["SIGINT", "SIGTERM"] as const) process.once(signal, () => resolve());
  });
  view.start([
    `seed ${seed}, API ${api === undefined ? withoutApi : `http://${formatAddress(api.address)}`} (Ctrl-C ends it)`,
  ]);
  await asked;
  await Promise.all([api?.close(), proxies.stop()]);
  view.stop();
  return 0;
}

function addFault(proxy: ChaosProxy, fault: Parameters<typeof addToxic>[1]): void {
  try {
    addToxic(proxy, fault);
  } catch (error) {
    if (!(error instanceof ApiError)) throw error;
    throw new LightconeError(
      "LC_USAGE",
      `--fault: ${fault.name}: ${error.message}`,
      "Give one of them another name: name=TEXT.",
    );
  }
}

/** The faults of the help, from the registry. */
function faultRows(): string {
  return toxicKinds
    .map(({ type, words, about, attributes }) => {
      const names = [type, ...words].join(", ");
      const rows = Object.entries(attributes).map(
        ([name, { unit, usual, about }]) => `      ${name} (${unit}, ${usual}): ${about}`,
      );
      return [`  ${names}: ${about}`, ...rows].join("\n");
    })
    .join("\n");
}

export const command: Command = {
  summary: "put a proxy that breaks connections in front of a real server",
  usage: `
lightcone chaos --listen ADDRESS --to ADDRESS [--fault FAULT ...] [--seed N] [--api ADDRESS]

Passes TCP connections on to a real server and breaks them as it is told, until Ctrl-C: by --fault, and
while it runs by toxiproxy's HTTP API, whose clients work with it. All that is drawn depends on the seed,
the connection's number and its direction, so that it can be repeated.

  --listen ADDRESS  where clients connect to: HOST:PORT, or a port of 127.0.0.1; port 0 takes any
  --to ADDRESS      the server: HOST:PORT, or a port of 127.0.0.1
  --name TEXT       the proxy's name in the API (default)
  --fault FAULT     WORD,NAME=VALUE,...; may be given several times; data passes them in this order
  --seed N          what decisions are drawn from (drawn and printed)
  --api ADDRESS     where the HTTP API listens (127.0.0.1:8474), or "off"
  --plain           a line for each event, on a terminal too
  --quiet           only where it listens

Without --listen and --to it has the proxies that the API is asked for.

Faults. Each has also stream=upstream (to the server) or stream=downstream (to the client, the default),
toxicity=SHARE of connections (1) and name=TEXT. A time is a number in its unit, or text such as 1.5s.
${faultRows()}
As in worlds, latency also takes by=100ms..300ms, and bandwidth bytesPerSecond=N.

  lightcone chaos --listen 6380 --to 6379 --fault latency,by=50ms..150ms --fault reset,toxicity=0.1
`,
  run,
};

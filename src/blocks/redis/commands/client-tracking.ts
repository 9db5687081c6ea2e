/** CLIENT TRACKING and CACHING: which key changes a client is notified of. */
import { MapReply, OK, type Reply, SetReply } from "../../../wire/index.ts";
import type { Client } from "../client.ts";
import { err, SYNTAX } from "../errors.ts";
import { parseInteger } from "../numbers.ts";
import { Tracking, type TrackingMode } from "../tracking.ts";

type Draft = { -readonly [name in keyof TrackingMode]: TrackingMode[name] };

function parseOptions({ server }: Client, args: string[]): Draft {
  const mode: Draft = {
    redirect: 0,
    broadcast: false,
    optIn: false,
    optOut: false,
    noLoop: false,
    prefixes: [],
    caching: undefined,
    brokenRedirect: false,
  };
  for (let at = 3; at < args.length; at++) {
    const word = (args[at] as string).toUpperCase();
    const more = at + 1 < args.length;
    if (word === "REDIRECT" && more) {
      if (mode.redirect !== 0) throw err("A client can only redirect to a single other client");
      mode.redirect = parseInteger(args[++at] as string);
      if (!server.clients.has(mode.redirect)) {
        throw err("The client ID you want redirect to does not exist");
      }
    } else if (word === "BCAST") mode.broadcast = true;
    else if (word === "OPTIN") mode.optIn = true;
    else if (word === "OPTOUT") mode.optOut = true;
    else if (word === "NOLOOP") mode.noLoop = true;
    else if (word === "PREFIX" && more) mode.prefixes.push(args[++at] as string);
    else throw SYNTAX;
  }
  return mode;
}

/** Throws if the options conflict with each other or with the client's current mode. */
function check(mode: TrackingMode, old: TrackingMode | undefined): void {
  if (!mode.broadcast && mode.prefixes.length > 0) {
    throw err("PREFIX option requires BCAST mode to be enabled");
  }
  if (old !== undefined && old.broadcast !== mode.broadcast) {
    throw err(
      "You can't switch BCAST mode on/off before disabling tracking for this client, and then re-enabling it with a different mode.",
    );
  }
  if (mode.broadcast && (mode.optIn || mode.optOut)) {
    throw err("OPTIN and OPTOUT are not compatible with BCAST");
  }
  if (mode.optIn && mode.optOut) throw err("You can't specify both OPTIN mode and OPTOUT mode");
  if ((mode.optIn && old?.optOut) || (mode.optOut && old?.optIn)) {
    throw err(
      "You can't switch OPTIN/OPTOUT mode before disabling tracking for this client, and then re-enabling it with a different mode.",
    );
  }
  if (mode.broadcast) checkPrefixes(mode.prefixes, old?.prefixes ?? []);
}

function checkPrefixes(fresh: readonly string[], old: readonly string[]): void {
  const overlap = (a: string, b: string): boolean => a.startsWith(b) || b.startsWith(a);
  fresh.forEach((prefix, at) => {
    const existing = old.find((one) => overlap(one, prefix));
    if (existing !== undefined) {
      throw err(
        `Prefix '${prefix}' overlaps with an existing prefix '${existing}'. Prefixes for a single client must not overlap.`,
      );
    }
    const other = fresh.slice(at + 1).find((one) => overlap(one, prefix));
    if (other !== undefined) {
      throw err(
        `Prefix '${prefix}' overlaps with another provided prefix '${other}'. Prefixes for a single client must not overlap.`,
      );
    }
  });
}

export function tracking(client: Client, args: string[]): Reply {
  const { server } = client;
  const mode = parseOptions(client, args);
  const word = args[2]?.toUpperCase();
  if (word === "OFF") {
    server.tracking?.disable(client);
    return OK;
  }
  if (word !== "ON") throw SYNTAX;
  const old = client.tracking;
  check(mode, old);
  server.tracking ??= new Tracking(server);
  mode.prefixes = [...(old?.prefixes ?? []), ...mode.prefixes];
  if (old !== undefined) {
    mode.optIn ||= old.optIn;
    mode.optOut ||= old.optOut;
    mode.noLoop ||= old.noLoop;
  }
  if (mode.broadcast && mode.prefixes.length === 0) mode.prefixes.push("");
  server.tracking.enable(client, mode);
  return OK;
}

export function caching(client: Client, args: string[]): Reply {
  const mode = client.tracking;
  if (mode === undefined) {
    throw err(
      "CLIENT CACHING can be called only when the client is in tracking mode with OPTIN or OPTOUT mode enabled",
    );
  }
  const word = args[2]?.toUpperCase();
  if (word === "YES") {
    if (!mode.optIn) {
      throw err("CLIENT CACHING YES is only valid when tracking is enabled in OPTIN mode.");
    }
    mode.caching = true;
  } else if (word === "NO") {
    if (!mode.optOut) {
      throw err("CLIENT CACHING NO is only valid when tracking is enabled in OPTOUT mode.");
    }
    mode.caching = false;
  } else throw SYNTAX;
  return OK;
}

export function trackingInfo(client: Client): Reply {
  const mode = client.tracking;
  const flags = [mode === undefined ? "off" : "on"];
  if (mode?.broadcast) flags.push("bcast");
  if (mode?.optIn) flags.push("optin", ...(mode.caching === true ? ["caching-yes"] : []));
  if (mode?.optOut) flags.push("optout", ...(mode.caching === false ? ["caching-no"] : []));
  if (mode?.noLoop) flags.push("noloop");
  if (mode?.brokenRedirect) flags.push("broken_redirect");
  const redirect = mode === undefined ? -1 : mode.redirect;
  return new MapReply([
    "flags",
    new SetReply(flags),
    "redirect",
    redirect,
    "prefixes",
    mode?.broadcast ? mode.prefixes : [],
  ]);
}

/** CLIENT GETREDIR: the client that receives this client's messages. */
export function redirection(client: Client): Reply {
  return client.tracking === undefined ? -1 : client.tracking.redirect;
}

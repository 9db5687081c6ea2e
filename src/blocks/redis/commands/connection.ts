/** Commands about the connection itself: PING, HELLO, AUTH, SELECT, QUIT, RESET. */
import {
  MapReply,
  OK,
  type Reply,
  RespError,
  type RespVersion,
  Status,
} from "../../../wire/index.ts";
import type { Client } from "../client.ts";
import type { CommandTable } from "../command.ts";
import { endTransaction } from "../dispatch.ts";
import { err, SYNTAX, wrongArity } from "../errors.ts";
import { integerOf } from "../numbers.ts";
import { checkName, clientCommands } from "./client-command.ts";
import { databaseOf } from "./keys.ts";

const PONG = new Status("PONG");
const WRONG_PASS = new RespError("WRONGPASS invalid username-password pair or user is disabled.");

function ping(client: Client, args: string[]): Reply {
  if (args.length > 2) throw wrongArity("ping");
  if (client.resp === 2 && client.subscriptions + client.shardChannels.size > 0) {
    return ["pong", args[1] ?? ""];
  }
  return args[1] ?? PONG;
}

function authenticate(client: Client, name: string, password: string, command: string): void {
  const { acl } = client.server;
  const user = acl.authenticate(name, password);
  if (user === undefined) {
    const context = client.queue === undefined ? "toplevel" : "multi";
    acl.refused(client, { reason: "auth", context, object: command, username: name });
    throw WRONG_PASS;
  }
  client.user = user;
  client.authenticated = true;
  client.decoder.authenticated = true;
}

function auth(client: Client, args: string[]): Reply {
  if (args.length > 3) throw SYNTAX;
  const command = args[0] as string;
  if (args.length === 2) {
    if (client.server.acl.defaultUser.noPassword) {
      throw err(
        "AUTH <password> called without any password configured for the default user. Are you sure your configuration is correct?",
      );
    }
    authenticate(client, "default", args[1] as string, command);
  } else {
    authenticate(client, args[1] as string, args[2] as string, command);
  }
  return OK;
}

function hello(client: Client, args: string[]): Reply {
  let version: RespVersion | undefined;
  if (args.length > 1) {
    const given = integerOf(args[1] as string);
    if (given === undefined) throw err("Protocol version is not an integer or out of range");
    if (given !== 2 && given !== 3) throw new RespError("NOPROTO unsupported protocol version");
    version = given;
  }
  let name: string | undefined;
  for (let at = 2; at < args.length; at++) {
    const word = (args[at] as string).toUpperCase();
    if (word === "AUTH" && at + 2 < args.length) {
      authenticate(client, args[at + 1] as string, args[at + 2] as string, args[0] as string);
      at += 2;
    } else if (word === "SETNAME" && at + 1 < args.length) {
      name = args[++at] as string;
      checkName(name);
    } else {
      throw err(`Syntax error in HELLO option '${args[at] as string}'`);
    }
  }
  if (!client.authenticated) {
    throw new RespError(
      "NOAUTH HELLO must be called with the client already authenticated, otherwise the HELLO <proto> AUTH <user> <pass> option can be used to authenticate the client and select the RESP protocol version at the same time",
    );
  }
  if (name !== undefined) client.name = name;
  if (version !== undefined) client.resp = version;
  return new MapReply([
    "server",
    "redis",
    "version",
    client.server.config.version,
    "proto",
    client.resp,
    "id",
    client.id,
    "mode",
    "standalone",
    "role",
    "master",
    "modules",
    [],
  ]);
}

function select(client: Client, args: string[]): Reply {
  client.db = databaseOf(client, args[1] as string, err("value is not an integer or out of range"));
  return OK;
}

function quit(client: Client): Reply {
  client.close();
  return OK;
}

function reset(client: Client): Reply {
  const { server } = client;
  endTransaction(client);
  server.pubsub.forget(client);
  server.monitors.delete(client);
  client.monitoring = false;
  client.noEvict = false;
  server.tracking?.disable(client);
  client.db = server.databases[0] as Client["db"];
  client.resp = 2;
  client.name = "";
  client.replies = "on";
  client.user = server.acl.defaultUser;
  client.authenticated = client.user.open;
  client.decoder.authenticated = client.authenticated;
  return new Status("RESET");
}

export const connection: CommandTable = {
  ping: [ping, -1, "F"],
  echo: [(_client, args) => args[1] as string, 2, "F"],
  auth: [auth, -2, "sltFA"],
  hello: [hello, -1, "sltFA"],
  select: [select, 2, "ltF"],
  quit: [quit, -1, "sltFA"],
  reset: [reset, 1, "sltFA"],
  client: [clientCommands, -2, ""],
};

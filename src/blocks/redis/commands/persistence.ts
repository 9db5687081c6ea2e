/**
 * SAVE and related commands: write the dataset to disk. Nothing runs in the background, so all of
 * them do the same.
 */
import { OK, type Reply, Status } from "../../../wire/index.ts";
import type { Client } from "../client.ts";
import type { CommandTable } from "../command.ts";
import { err, SYNTAX } from "../errors.ts";
import type { Persistence } from "../persistence.ts";

function persistenceOf({ server }: Client): Persistence {
  if (!server.persistence) throw err("the server was not started with a disk");
  return server.persistence;
}

function save(client: Client): Reply {
  try {
    persistenceOf(client).save();
  } catch (error) {
    throw err((error as Error).message);
  }
  return OK;
}

function saveInBackground(client: Client, args: string[]): Reply {
  if (args.length > 2 || (args[1] !== undefined && args[1].toUpperCase() !== "SCHEDULE")) {
    throw SYNTAX;
  }
  try {
    persistenceOf(client).save();
  } catch {
    // INFO shows the failure, as it would for a child process.
  }
  return new Status("Background saving started");
}

function rewrite(client: Client): Reply {
  const { aof } = persistenceOf(client);
  const { server } = client;
  server.afterCommand(() => {
    aof.rewrite();
    // A server that does not append still writes a snapshot.
    if (server.propagation === undefined) aof.close();
  });
  return new Status("Background append only file rewriting started");
}

export const persistenceCommands: CommandTable = {
  save: [save, 1, "asn"],
  bgsave: [saveInBackground, -1, "as"],
  bgrewriteaof: [rewrite, 1, "as"],
  lastsave: [
    ({ server }) => Math.floor((server.persistence?.lastSaveMs ?? server.startedMs) / 1_000),
    1,
    "ltF",
  ],
};

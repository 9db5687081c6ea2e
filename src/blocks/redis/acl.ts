/**
 * Access control: which users exist, whether a client may run a command, and what was denied
 * (acl.c).
 */
import { RespError } from "../../wire/index.ts";
import { applyRule, mergeSelectors, RuleError } from "./acl-rules.ts";
import { type Denial, hashPassword, User } from "./acl-user.ts";
import type { Client } from "./client.ts";
import type { Command } from "./command.ts";
import { describeClient } from "./describe-client.ts";
import { err } from "./errors.ts";
import { globMatch } from "./glob.ts";
import type { Server } from "./server.ts";

/** A denied command in ACL LOG. Equal entries are counted together. */
export interface AclLogEntry {
  count: number;
  readonly reason: Denial["reason"];
  readonly context: string;
  readonly object: string;
  readonly username: string;
  timeMs: number;
  client: string;
}

/** Equal denials within this time are counted as one entry. */
const SAME_WITHIN_MS = 60_000;

export class Acl {
  readonly #server: Server;
  readonly defaultUser: User = new User("default");
  readonly users: Map<string, User> = new Map([["default", this.defaultUser]]);
  log: AclLogEntry[] = [];

  constructor(server: Server) {
    this.#server = server;
    const { root } = this.defaultUser;
    root.allCommands = true;
    root.allKeys = true;
    root.allChannels = true;
    this.defaultUser.enabled = true;
    this.defaultUser.noPassword = true;
    this.defaultUser.unrestricted = true;
  }

  /** Sets `requirepass`: the password of the default user. */
  setDefaultPassword(password: string): void {
    this.defaultUser.noPassword = password === "";
    this.defaultUser.passwords = password === "" ? [] : [hashPassword(password)];
  }

  /** Returns the user with this name and password, or undefined. */
  authenticate(name: string, password: string): User | undefined {
    const user = this.users.get(name);
    return user?.enabled && user.accepts(password) ? user : undefined;
  }

  /** ACL SETUSER: applies all rules or none. */
  setUser(name: string, rules: readonly string[]): void {
    const draft = new User(name);
    const user = this.users.get(name);
    if (user) draft.assign(user);
    else if (this.#server.config.get("acl-pubsub-default") === "allchannels") {
      draft.root.allChannels = true;
    }
    for (const rule of mergeSelectors(rules)) {
      try {
        applyRule(this.#server, draft, rule);
      } catch (error) {
        if (!(error instanceof RuleError)) throw error;
        throw err(`Error in ACL SETUSER modifier '${rule}': ${error.message}`);
      }
    }
    const target = user ?? new User(name);
    if (user) this.#dropListeners(user, draft);
    target.assign(draft);
    this.users.set(name, target);
  }

  /** Removes a user and disconnects its clients. Returns false if there is no such user. */
  deleteUser(name: string): boolean {
    const user = this.users.get(name);
    if (user === undefined || !this.users.delete(name)) return false;
    for (const client of this.#server.clients.values()) {
      if (client.user !== user) continue;
      client.user = this.defaultUser;
      client.authenticated = false;
      client.drop();
    }
    return true;
  }

  /**
   * Disconnects clients that are subscribed to channels which their user may no longer subscribe
   * to.
   */
  #dropListeners(user: User, draft: User): void {
    const selectors = [draft.root, ...draft.selectors];
    if (selectors.some(({ allChannels }) => allChannels)) return;
    const allowed = selectors.flatMap(({ channels }) => channels);
    for (const client of this.#server.clients.values()) {
      if (client.user !== user) continue;
      const names = [...client.channels, ...client.shardChannels];
      const stays =
        [...client.patterns].every((pattern) => allowed.includes(pattern)) &&
        names.every((name) => allowed.some((pattern) => globMatch(pattern, name)));
      if (!stays) client.drop();
    }
  }

  /** Throws unless the client's user may run the command. A denial is logged. */
  admit(client: Client, command: Command, args: readonly string[], context?: string): void {
    const denial = client.user.deny(command, args);
    if (denial === undefined) return;
    const object = denial.reason === "command" ? command.name : (args[denial.at] as string);
    this.refused(client, {
      reason: denial.reason,
      context: context ?? (client.queue === undefined ? "toplevel" : "multi"),
      object,
      username: client.user.name,
    });
    throw new RespError(
      {
        command: `NOPERM this user has no permissions to run the '${command.name}' command`,
        key: "NOPERM this user has no permissions to access one of the keys used as arguments",
        channel:
          "NOPERM this user has no permissions to access one of the channels used as arguments",
        auth: "NOPERM no permission",
      }[denial.reason],
    );
  }

  /** Logs a denial. */
  refused(
    client: Client,
    what: Pick<AclLogEntry, "reason" | "context" | "object" | "username">,
  ): void {
    const { nowMs, current, config } = this.#server;
    const shown = describeClient(client.socket === undefined ? (current ?? client) : client);
    const same = this.log.slice(0, 10).find((entry) => {
      return (
        entry.reason === what.reason &&
        entry.context === what.context &&
        entry.object === what.object &&
        entry.username === what.username &&
        nowMs - entry.timeMs <= SAME_WITHIN_MS
      );
    });
    if (same) {
      same.count++;
      same.timeMs = nowMs;
      same.client = shown;
      this.log = [same, ...this.log.filter((entry) => entry !== same)];
      return;
    }
    this.log.unshift({ ...what, count: 1, timeMs: nowMs, client: shown });
    const lengthMax = config.number("acllog-max-len");
    if (this.log.length > lengthMax) this.log.length = lengthMax;
  }
}

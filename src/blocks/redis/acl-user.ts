/**
 * A user of access control: passwords, and selectors that define which commands may run on which
 * keys (acl.c).
 */
import { createHash } from "./host.ts";
import type { Command } from "./command.ts";
import { channelPlaces, keyPlaces } from "./command-keys.ts";
import { globMatch } from "./glob.ts";

export interface KeyPattern {
  readonly pattern: string;
  readonly read: boolean;
  readonly write: boolean;
}

/** Why a command is denied, and which argument caused it. */
export interface Denial {
  readonly reason: "command" | "key" | "channel" | "auth";
  readonly at: number;
}

const ranks: Readonly<Record<Denial["reason"], number>> = {
  command: 1,
  key: 2,
  auth: 3,
  channel: 4,
};

/**
 * One set of permissions. A command is allowed if a single selector of its user allows all of it.
 */
export class Selector {
  allCommands = false;
  /** Names of the allowed commands. Subcommands are written as `config|get`. */
  commands: Set<string> = new Set();
  /** First arguments with which an otherwise denied command is allowed. */
  firstArgs: Map<string, Set<string>> = new Map();
  allKeys = false;
  keys: KeyPattern[] = [];
  allChannels = false;
  channels: string[] = [];

  copy(): Selector {
    const copy = new Selector();
    copy.allCommands = this.allCommands;
    copy.commands = new Set(this.commands);
    for (const [name, words] of this.firstArgs) copy.firstArgs.set(name, new Set(words));
    copy.allKeys = this.allKeys;
    copy.keys = [...this.keys];
    copy.allChannels = this.allChannels;
    copy.channels = [...this.channels];
    return copy;
  }

  /** Returns why a command is denied, or undefined if it is allowed. */
  deny(command: Command, args: readonly string[]): Denial | undefined {
    if (!this.#mayRun(command, args)) return { reason: "command", at: 0 };
    if (!this.allKeys) {
      for (const { at, flags } of keyPlaces(command, args)) {
        const reads = flags.includes("ACCESS");
        const writes = ["INSERT", "DELETE", "UPDATE"].some((flag) => flags.includes(flag));
        if (!this.#mayTouch(args[at] as string, reads, writes)) return { reason: "key", at };
      }
    }
    if (this.allChannels) return undefined;
    for (const { at, pattern } of channelPlaces(command, args)) {
      const channel = args[at] as string;
      const allowed = this.channels.some((one) =>
        pattern ? one === channel : globMatch(one, channel),
      );
      if (!allowed) return { reason: "channel", at };
    }
    return undefined;
  }

  #mayRun({ name, flags }: Command, args: readonly string[]): boolean {
    if (this.allCommands || flags.includes("A") || this.commands.has(name)) return true;
    const words = this.firstArgs.get(name);
    return words?.has((args[name.includes("|") ? 2 : 1] ?? "").toLowerCase()) === true;
  }

  #mayTouch(key: string, reads: boolean, writes: boolean): boolean {
    return this.keys.some(
      ({ pattern, read, write }) =>
        (!reads || read) && (!writes || write) && globMatch(pattern, key),
    );
  }
}

export class User {
  readonly name: string;
  enabled = false;
  /** True if any password is accepted. */
  noPassword = false;
  skipSanitize = false;
  /** SHA-256 of each password, in hexadecimal. */
  passwords: string[] = [];
  root: Selector = new Selector();
  selectors: Selector[] = [];
  /** True while everything is allowed, so that commands need not be checked. */
  unrestricted = false;

  constructor(name: string) {
    this.name = name;
  }

  /** True if clients need no password to be this user. */
  get open(): boolean {
    return this.enabled && this.noPassword;
  }

  /** Copies all of another user's permissions. */
  assign(other: User): void {
    this.enabled = other.enabled;
    this.noPassword = other.noPassword;
    this.skipSanitize = other.skipSanitize;
    this.passwords = [...other.passwords];
    this.root = other.root.copy();
    this.selectors = other.selectors.map((selector) => selector.copy());
    const { allCommands, allKeys, allChannels } = this.root;
    this.unrestricted = allCommands && allKeys && allChannels;
  }

  /** Returns why a command is denied, or undefined if it is allowed. */
  deny(command: Command, args: readonly string[]): Denial | undefined {
    let worst: Denial = { reason: "command", at: 0 };
    for (const selector of [this.root, ...this.selectors]) {
      const denial = selector.deny(command, args);
      if (denial === undefined) return undefined;
      const difference = ranks[denial.reason] - ranks[worst.reason];
      if (difference > 0 || (difference === 0 && denial.at > worst.at)) worst = denial;
    }
    return worst;
  }

  accepts(password: string): boolean {
    return this.noPassword || this.passwords.includes(hashPassword(password));
  }
}

export function hashPassword(password: string): string {
  return createHash("sha256").update(password, "latin1").digest("hex");
}
